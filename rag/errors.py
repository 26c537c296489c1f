"""Every error that citespan raises on purpose: one small tree, messages name the remedy."""


class CitespanError(Exception):
    """Base of all errors below."""


class LoadError(CitespanError):
    """A file cannot become a document; the message names the file."""


class StoreError(CitespanError):
    """The store is missing, corrupt, locked or full; the message names its path."""


class ModelMismatch(CitespanError):
    """The store was made with another encoder than the one that asks."""


class ModelError(CitespanError):
    """A model is unknown, incomplete, fails its checksum, or was loaded before a fork."""


class QuestionError(CitespanError):
    """The question is empty or too long, or asks what is not there: an id, a key of metadata."""


class SettingsError(CitespanError):
    """What was set cannot be used: a setting, an option, a settings file."""
