"""What is trained and how long."""

from dataclasses import dataclass

from rag.errors import SettingsError

MAX_QUESTION = 40
MAX_ANSWER = 40
LEAST_TOKENS = MAX_QUESTION + MAX_ANSWER + 3  # the longest of both, and what stands around them
POOL = 64  # batches that are sorted by length together


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained and how long; stored beside the checkpoint.

    Raises:
        SettingsError: ``max_tokens`` has no room for the longest question and answer.
    """

    steps: int = 6000
    minutes: float = 0.0  # when set, the schedule follows the clock and not the steps
    learning_rate: float = 1.2e-4
    warmup: float = 0.05
    weight_decay: float = 0.01
    token_budget: int = 6144
    max_tokens: int = 256
    negative_share: float = 0.35
    average: float = 0.999
    dropout: float = 0.0  # of hidden states; a first pass over the data needs none
    frozen_layers: int = (
        0  # of the base, from below, embeddings too: half of them save a third of the time
    )
    distil: float = 0.5  # weight of the teachers' distributions where the passage answers
    repeat: int = 0  # when set, the batches of so many steps come again and again, in other orders
    seed: int = 7
    check_every: int = 500

    def __post_init__(self) -> None:
        """Refuse what no batch could be made with."""
        if self.max_tokens < LEAST_TOKENS:
            raise SettingsError(f"--max-tokens must be at least {LEAST_TOKENS}")


def padded(length: int) -> int:
    """Few distinct widths: a new shape costs a CPU as much as the work."""
    return -(-length // 32) * 32
