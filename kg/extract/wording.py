"""The words around the numbers of this genre, and the noun phrases in front of and behind a number."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "CHANGE_GAP",
    "COMPARATIVE",
    "GAIN_NOUN",
    "HEDGES",
    "METRIC_WORD",
    "OWNER",
    "any_of",
    "is_gain_word",
    "phrase_after",
    "phrase_before",
    "starts_with_verb",
    "words_of",
]


def any_of(block: str) -> str:
    """A pattern for any of the words in `block`; `_` stands for a space inside one."""
    return "(?:" + "|".join(word.replace("_", " ") for word in block.split()) + ")"


def words_of(block: str) -> frozenset[str]:
    """The words in `block`."""
    return frozenset(block.split())


_HEDGE = any_of(
    """up_to at_least at_most as_much_as as_high_as as_low_as as_many_as more_than less_than fewer_than
    higher_than lower_than greater_than only just merely about around approximately approx\\. roughly
    nearly almost over above below under an? the average mean absolute relative overall total maximum
    minimum additional on_average of margins?_of impressive remarkable notable notably significant
    significantly substantial substantially further another clear consistent modest marginal slight mere
    whopping respective high new even its reported peak state-of-the-art SOTA top final"""
)
HEDGES: Final = rf"(?:(?:{_HEDGE} |[~≈+<>≥≤] ?)){{0,4}}"
"""What may stand between a cue and its number: `by up to an average of 3%`."""

GAIN_NOUN: Final = (
    any_of(
        """improvement increase gain boost enhancement reduction decrease drop decline degradation margin
        advantage saving speed-?up acceleration uplift lift rise lead deterioration increment jump
        difference gap loss"""
    )
    + "s?"
)
COMPARATIVE: Final = any_of(
    """higher lower better worse faster slower fewer less more greater smaller shorter larger longer cheaper
    quicker stronger superior improved reduced increased"""
)
METRIC_WORD: Final = any_of(
    """accurac(?:y|ies) F1 F-?scores? precision recall scor(?:e|es|ed|ing) rates? BLEU ROUGE METEOR CIDEr
    r?g?FID FVD KID IS LPIPS PSNR SSIM CLIP mAP AP mIoU IoU Dice AUC AUROC AUPRC EM pass perplexity PPL
    errors? loss MAE RMSE MSE WER CER MOS PESQ latency throughput speeds? time runtime memory usage
    correlations? kappa Elo ELO ratings? ranking rank similarity distances? success consistency coherence
    quality J&F NDCG nDCG MRR hit hits agreement coefficient Spearman Pearson index ratio fidelity
    alignment costs? efficiency completion compliance match overhead ASR tau rho [ρκτr] average
    performance divergence bias utility toxicity Jaccard ELBO FAD RMSD LSD RPE ATE NLL FPR EER DNSMOS UTMOS
    COMET XCOMET BERTScore TFLOPs GFLOPs FPS"""
)
CHANGE_GAP: Final = re.compile(
    rf"(?: \([^()]{{1,30}}\))?(?: [\w/@%-]+){{0,3}}? (?:up |down )?to {HEDGES}| ?(?:→|->) ?"
)
"""What stands between A and B in `from A to B`."""

_GAIN_WORD = re.compile(f"{GAIN_NOUN}|{COMPARATIVE}", re.IGNORECASE)
_PHRASE_STOP = words_of(
    """of on in over compared than for with and to from against across when while at by using versus vs but
    or as that which after under during through without via between among per is are was were achieved
    where if within due despite outperforming surpassing exceeding"""
)
_PHRASE_EDGE = words_of(
    """a an the its their with in on for of to by and or as at from than that which is are was were has have
    had having up only both while when where using via through after before over across under into upon
    show shows showed demonstrate demonstrates demonstrated demonstrating yield yields yielding yielded
    respective this these each resulting results result exhibit exhibits exhibited against but per between
    e.g. i.e. also even be can could it they we there if not no either increases increase decreases
    reduces improves boosts drops falls rises rose fell reach"""
)
_VERB = re.compile(
    any_of(
        """achiev obtain attain reach record report improv increas reduc decreas boost enhanc maintain
        deliver rais lower outperform surpass exceed includ indicat reveal demonstrat yield show provid
        gain cut get got produc sav exhibit preserv represent"""
    )
    + r"(?:e|es|ed|s|ing|ting|ts)?$|scor(?:ed|ing)$"
)
_LONGEST_PHRASE = 7
_STATISTIC = r"(?<!Pearson)(?<!Spearman)(?<!Kendall)(?<!Cohen)(?<!Krippendorff)"
_PHRASE_BREAK = re.compile(rf"[,;:.)—]$|{_STATISTIC}'s?$")
OWNER: Final = re.compile(rf".{{0,60}}?(?:{_STATISTIC}'s|s') (?=\S)")
"""`the model's `, but not `Pearson's `."""


def is_gain_word(word: str) -> bool:
    """Whether a word says that something rose, fell or is better: `reduction`, `faster`."""
    return _GAIN_WORD.fullmatch(word) is not None


def starts_with_verb(phrase: str) -> bool:
    """Whether a phrase starts with a verb of reporting or change, or with a word that only joins."""
    first = phrase.split(" ", 1)[0]
    return bool(_VERB.match(first)) or first.lower() in _PHRASE_EDGE


def phrase_after(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the noun phrase directly behind `start` lies: up to a preposition or a sign, 7 words at most."""
    first = last = start
    for count, match in enumerate(
        re.finditer(r"[ -]?([^\s,;:()/—][^\s,;:()—]*)", text[start : min(end, start + 120)])
    ):
        word = match[1].rstrip(".")
        behind = text[start + match.end() : end]
        if (
            start + match.start() != last
            or count == _LONGEST_PHRASE
            or word.lower() in _PHRASE_STOP
            or not word
        ):
            break
        if word == "relative" and behind.startswith(" to "):
            break
        first = start + match.start(1) if not count else first
        last = start + match.start(1) + len(word)
        if word != match[1]:
            break
    return first, last


def phrase_before(text: str, start: int, end: int) -> int:
    """Where the noun phrase that ends at `end`, and does not reach before `start`, begins."""
    first, floor = end, max(start, end - 100)
    for count, match in enumerate(reversed(list(re.finditer(r"\S+", text[floor:end])))):
        word = match.group()
        if count and re.fullmatch(r"\([\w@-]{1,12}\)", word):
            continue
        bare = word.strip("(\"'")
        stop = bare.lower() in _PHRASE_EDGE or _VERB.match(bare) or _PHRASE_BREAK.search(word)
        if count == _LONGEST_PHRASE - 1 or stop or re.fullmatch(r"[0-9.,%]+x?", bare):
            break
        first = floor + match.start() + word.startswith("(")
        if word.startswith("("):
            break
    return first
