"""What the rules know of English: closed classes of words, irregular verbs, a few names."""

import re
from functools import cache
from types import MappingProxyType

from rag.encoder import default_model_folder

AUXILIARIES = frozenset(
    "is are was were has have had will would can could may might must should shall".split()
)
SINGULAR = MappingProxyType({"are": "is", "were": "was", "have": "has"})
"""Auxiliaries as they follow "what" and "who"."""
DETERMINERS = frozenset("a an the its his her their some many several most all both".split())
POINTING = frozenset(
    "this that these those it he she they we i you there here such its his her their our my your "
    "one who which what where when another each".split()
)
"""A subject that begins so means nothing outside its text."""
PREPOSITIONS = frozenset(
    "about above across after against along among around as at before behind below beneath beside "
    "between beyond by despite down during for from in inside into like near of off on onto out "
    "outside over per since through throughout to toward towards under until up upon with within "
    "without".split()
)
CLAUSE_WORDS = frozenset(
    "that which who whom whose where when while because although though if unless since whereas "
    "but and or so yet as than after before until".split()
)
"""A clause may end before these."""
CONNECTIVES = re.compile(
    r"(?:However|Yet|Meanwhile|Moreover|Therefore|Thus|Today|Also|Then|Finally|Furthermore|"
    r"In addition|In fact|For example|As a result|Nevertheless|Instead|Still|And|But|So|While|"
    r"Although|Though)\b,?\s+"
)
AGENTS = frozenset(
    "actor actors actress analyst analysts architect architects army artist artists astronomers "
    "athletes author authors band bishop bishops board boy boys brother brothers captain captains "
    "chairman chancellor chief chiefs children citizens clergy coach colonists commander "
    "commanders committee companies company composer council court crew critics daughter "
    "daughters designer director directors doctor doctors elite elites emperor emperors engineer "
    "engineers experts families family fans farmers father foundation founder founders general "
    "generals girl girls government governments governor governors guitarist historian historians "
    "husband immigrants inhabitants inventor journalist journalists judge judges jurist king "
    "kings knights lawyer lawyers leader leaders lord lords majority man manager managers mayor "
    "member members men merchants minister ministers minority missionaries monk monks mother "
    "musician musicians nations nobility nobles novelist nurse nurses officer officers officials "
    "painter painters parents parliament participants patients people philosopher philosophers "
    "physician physicians physicist planner player players poet poets police politician "
    "politicians pope population president presidents priest priests prince princes princess "
    "producer professionals professor psychologist psychologists queen rebels refugees "
    "researchers residents rulers sailors scholar scholars scientist scientists secretary senator "
    "senators settlers singer singers sister sisters slaves sociologists soldier soldiers son "
    "sons staff students sultan supporters survivors teacher teachers team teams theologian "
    "theologians tourists traders troops victims visitors voters wife woman women workers writer "
    "writers youth".split()
)
"""Common nouns that one asks for with "who"."""
THINGS_DO = frozenset(
    "belong border comprise concern consist contain cost cover encompass exceed extend feature "
    "flow include involve last lie measure occupy occur originate overlap represent resemble span "
    "stretch surround weigh".split()
)
"""Verbs whose subject is hardly ever a person."""
ADVERBS = frozenset(
    "also now still only just even soon later often never always once first long widely then not "
    "already again twice".split()
)
NUMBERS = tuple(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety".split()
)
TITLES = frozenset(
    "Mr Mrs Ms Dr Professor President King Queen Prince Princess Sir Lady Lord Pope Emperor Saint "
    "General Captain Senator Chancellor Minister Bishop".split()
)
KINDS = frozenset(
    "academy act agency agreement airport alliance army assembly association bank battle bay "
    "bridge canal castle cathedral channel church club college commission committee company "
    "conference congress constitution convention council court desert empire festival foundation "
    "gallery garden gulf harbor harbour hospital hotel house institute island kingdom lake "
    "library ministry mountain museum observatory ocean opera organisation organization palace "
    "park parliament party peninsula plan prize program programme project protocol railway "
    "republic revolution river road school sea senate society square station street temple "
    "theater theatre tower treaty tribunal union university valley war".split()
)
"""The last word of a name that says what it names."""
COUNTRIES = tuple(
    "Argentina|Australia|Austria|Belgium|Brazil|Bulgaria|Canada|Chile|China|Colombia|Croatia|Cuba|"
    "Denmark|Egypt|England|Estonia|Ethiopia|Finland|France|Germany|Ghana|Greece|Hungary|Iceland|"
    "India|Indonesia|Iran|Iraq|Ireland|Israel|Italy|Japan|Kenya|Latvia|Lithuania|Malaysia|Mexico|"
    "Morocco|Netherlands|New Zealand|Nigeria|North Korea|Norway|Pakistan|Peru|Philippines|Poland|"
    "Portugal|Romania|Russia|Saudi Arabia|Scotland|Serbia|Slovenia|South Africa|South Korea|Spain|"
    "Sweden|Switzerland|Syria|Thailand|Turkey|Ukraine|United Kingdom|United States|Uruguay|"
    "Venezuela|Vietnam|Wales|Zambia".split("|")
)
WITH_ARTICLE = frozenset(("Netherlands", "Philippines", "United Kingdom", "United States"))
"""Countries that "the" goes before."""
CITIES = tuple(
    "Amsterdam|Athens|Beijing|Berlin|Boston|Brussels|Budapest|Cairo|Chicago|Copenhagen|Delhi|"
    "Dublin|Edinburgh|Florence|Geneva|Hamburg|Helsinki|Istanbul|Lisbon|London|Los Angeles|Madrid|"
    "Melbourne|Milan|Montreal|Moscow|Munich|Nairobi|New York|Oslo|Paris|Prague|Pyongyang|"
    "Reykjavik|Rome|Seoul|Stockholm|Sydney|Tokyo|Toronto|Vienna|Warsaw|Washington|Zurich".split("|")
)
FIRST_NAMES = tuple(
    "Ada Alan Albert Alexander Alice Andrew Anna Anne Arthur Barbara Benjamin Carl Carlos Caroline "
    "Catherine Charles Charlotte Christopher Clara Claude Daniel David Dorothy Edward Eleanor "
    "Elizabeth Emily Emma Eva Frances Frank Franz Frederick George Grace Hannah Harold Harriet "
    "Helen Henry Hugo Isaac Jack Jacob James Jane Jean Johann Johannes John Joseph Julia Karl "
    "Katherine Kim Laura Louis Louise Lucy Margaret Maria Marie Mark Martha Martin Mary Matthew "
    "Max Michael Mira Nicholas Oliver Oscar Otto Patrick Paul Peter Philip Rachel Ralph Richard "
    "Robert Rosa Ruth Samuel Sarah Simon Sofia Stephen Susan Theodore Thomas Victor Victoria "
    "Vladimir Walter William".split()
)
LAST_NAMES = tuple(
    "Abernathy Brandvold Castellan Drummond Ellingham Farquhar Greville Hollings Ironside "
    "Lindqvist Marchetti Novotny Okonkwo Pemberton Quayle Rasmussen".split()
)

_IRREGULAR = (
    "arise arose arisen|become became become|begin began begun|bind bound bound|blow blew blown|"
    "break broke broken|bring brought brought|build built built|buy bought bought|"
    "catch caught caught|choose chose chosen|come came come|deal dealt dealt|do did done|"
    "draw drew drawn|drive drove driven|eat ate eaten|fall fell fallen|feel felt felt|"
    "fight fought fought|find found found|fly flew flown|forbid forbade forbidden|"
    "forget forgot forgotten|freeze froze frozen|get got got|give gave given|go went gone|"
    "grow grew grown|have had had|hear heard heard|hide hid hidden|hold held held|keep kept kept|"
    "know knew known|lay laid laid|lead led led|leave left left|lend lent lent|lie lay lain|"
    "lose lost lost|make made made|mean meant meant|meet met met|pay paid paid|ride rode ridden|"
    "rise rose risen|run ran run|say said said|see saw seen|seek sought sought|sell sold sold|"
    "send sent sent|shake shook shaken|sing sang sung|sink sank sunk|sit sat sat|sleep slept slept|"
    "speak spoke spoken|spend spent spent|stand stood stood|steal stole stolen|"
    "strike struck struck|swear swore sworn|sweep swept swept|swim swam swum|take took taken|"
    "teach taught taught|tell told told|think thought thought|throw threw thrown|"
    "undergo underwent undergone|understand understood understood|wear wore worn|win won won|"
    "withdraw withdrew withdrawn|write wrote written|rebuild rebuilt rebuilt|bear bore born|"
    "drink drank drunk|feed fed fed|flee fled fled|light lit lit|overcome overcame overcome|"
    "oversee oversaw overseen|overthrow overthrew overthrown|rewrite rewrote rewritten|"
    "shoot shot shot|tear tore torn|uphold upheld upheld|weave wove woven|win won won"
)
PASTS = MappingProxyType({v.split()[1]: v.split()[0] for v in _IRREGULAR.split("|")})
"""Irregular past -> base."""
PARTICIPLES = MappingProxyType({v.split()[2]: v.split()[1] for v in _IRREGULAR.split("|")})
"""Irregular participle -> past."""
UNCHANGED = frozenset("cost cut hit let put set shut spread".split())
"""Verbs whose past is like the present, and like a noun."""


@cache
def words() -> frozenset[str]:
    """Common English words in lower case: those the embedding model has a token for.

    Raises:
        ModelError: the embedding model is not installed.
    """
    lines = (default_model_folder() / "vocab.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line.isalpha())
