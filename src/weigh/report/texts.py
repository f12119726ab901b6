"""What the page says in words: each verdict of the gate as a newcomer would say it, what it means, what to do next.

Keyed by the gate's own fixed sentences, so that a sentence without its explanation is an error and not a blank.
"""

from __future__ import annotations

from dataclasses import dataclass

from weigh.measure import _position as position
from weigh.measure import gate


@dataclass(frozen=True)
class Said:
    """One verdict in words: the headline, and paragraphs on what it means and what to do next."""

    mark: str
    label: str
    headline: str
    means: tuple[str, ...]
    next: tuple[str, ...]


_LARGER = (
    "Try a larger model: whether a way of asking works depends on the model, and small ones fail the plainest checks."
)
_EVALUATIVE = (
    "Ask in the other way: `weigh measure --instrument evaluative` shows no options, so there is no place to follow. "
    "It needs a judge that gives log-probabilities of given text."
)
_MORE = "Ask more dilemmas: at equal cost they narrow the intervals more than further wordings or frames do."
_SAME = "A second run of the same model on the same bank will not help: the answers are already on disk."

VERDICTS: dict[str, Said] = {
    gate.FOLLOWS_POSITION: Said(
        "✕", "Not measurable", "Its answers follow the place of an option, not what the option says.",
        (
            "When the options change places, the choice moves with the place. Whatever is added up from such answers "
            "is a habit of answering, so no profile is shown, however tidy it would look.",
            "This says nothing about what the model values. It says that this way of asking does not reach it.",
        ),
        (_EVALUATIVE, _LARGER),
    ),
    gate.NOT_MEASURABLE: Said(
        "✕", "Not measurable", "It misses choices whose answer is beyond doubt, so there is nothing to read here.",
        (
            "The bank holds control choices that anybody gets right, such as saving a child or keeping one's shoes "
            "dry. Too many of them came out wrong. Answers to harder questions, given in the same way, mean no more "
            "than these do, and no profile is shown.",
            "This says nothing about what the model values. It says that this way of asking does not reach it.",
        ),
        (_LARGER, "Ask in another way: `weigh measure --instrument stated` or `--instrument evaluative`."),
    ),
    gate.TOO_FEW: Said(
        "✕", "Not measurable", "There are too few usable answers for a profile.",
        (
            "A profile needs answered dilemmas that link all values with one another. There were not enough, because "
            "too few were asked, too many were refused, or every answer was the same. The table of checks gives the "
            "reason.",
        ),
        ("Ask more dilemmas, and look at the refused and malformed answers below.", _LARGER),
    ),
    gate.TEXT_FLUENCY: Said(
        "○", "No preference found", "What looks like a preference is only how likely the texts are.",
        (
            "The profile is nearly the one that comes out when the options are scored without any dilemma. Some "
            "sentences are simply more usual than others, and that is all the answers show.",
        ),
        (_LARGER, "Use a bank whose options are matched in length and in how usual their words are."),
    ),
    gate.NO_PREFERENCE: Said(
        "○", "No preference found", "The answers do not hold still long enough to be called a preference.",
        (
            "The same dilemma in other words got another answer, or the pattern is no stronger than chance would give. "
            "The table of checks below says which. No profile is shown, since another wording would show another one.",
            "This is not evidence that the model is neutral: a weak preference that this many questions cannot see "
            "looks the same.",
        ),
        (_MORE, _LARGER, _SAME),
    ),
    gate.UNVERIFIED: Said(
        "?", "Not verified", "There are numbers, but nothing yet shows that they are values.",
        (
            "Some checks that tell a value from a habit could not be made: the answers or the bank lack what they "
            "need. The numbers below may be right; they may also be position, wording or fluency.",
            "Do not quote them without this sentence.",
        ),
        (
            "Supply what is missing: control choices whose answer is beyond doubt, a paraphrase of each dilemma, and "
            "both orders of the options with the order written down. The table of checks names the gap.",
            "Or measure the model anew with `weigh measure`, which asks all of that.",
        ),
    ),
    gate.DIFFERENCES: Said(
        "≈", "Differences, no ranking", "Some of its values clearly differ, but they cannot be put in order.",
        (
            "The answers passed the checks: they hold under other words, are stronger than chance, and are not the "
            "fluency of the texts. Differences whose interval stays clear of zero can be quoted, with their interval.",
            "The order of neighbouring values is mostly chance: half of the bank would put them differently. "
            "Do not print it as a ranking.",
        ),
        (_MORE, "To see what a prompt or a training changed, compare two runs question by question, not two rankings."),
    ),
    gate.RANKING: Said(
        "✓", "A stable ranking", "Some of its values stand above others, and that order holds up.",
        (
            "The answers passed every check that a ranking rests on: two halves of the bank give one profile, too. "
            "Where two values are tied or their order is open, the page says so.",
            "It is a ranking under these questions and this way of asking, not a character of the model.",
        ),
        (
            "Quote values with their intervals, and say which bank and which instrument they come from.",
            "Ask a second bank by other authors before resting anything heavy on it.",
        ),
    ),
    position.FORMAT: Said(
        "✕", "Follows position", "Its choices follow the place of an option, not what the option says.",
        (
            "When the options change places, the choice moves with the place. The scores below are then what this "
            "format gives to a habit of answering: look at what constant answers would score.",
            "This says nothing about what the model would choose if it read the options.",
        ),
        (_LARGER, "Do not quote the scores without this sentence."),
    ),
    position.CONTENT: Said(
        "✓", "Choices hold", "The choice stays the same when the options change places, mostly.",
        (
            "So the scores rest on what the options say. They still rest on these questions, in this wording, with "
            "these keys.",
        ),
        ("Quote scores with their intervals and with the constant-answer baselines beside them.",),
    ),
    position.UNKNOWN: Said(
        "?", "Not verified", "The options were shown in one order, so a habit cannot be told from a choice.",
        ("A constant answer may score as high as these numbers: the baselines below say how high.",),
        ("Ask again with the options in other orders: `weigh measure` does so by itself.",),
    ),
}  # fmt: skip

ALSO: dict[str, Said] = {
    gate.ASSOCIATION: Said(
        "!", "How it evaluates, not what it would choose", "It hardly reacts when told which value counts most.",
        (
            "Told that one value matters more than anything, its answers should move towards that value. They hardly "
            "do. So read this as how the model evaluates wordings, not as what it would choose or do: an association "
            "in its language, which a stated priority does not reach.",
        ),
        ("Do not use these numbers to predict behaviour, or to claim that a system prompt changed priorities.",),
    ),
    gate.UNRESPONSIVE: Said(
        "!", "A habit of choosing, not a priority", "It hardly reacts when told which value counts most.",
        (
            "Told that one value matters more than anything, its choices should move towards that value. They hardly "
            "do, so what is shown may be a habit with these questions and not a priority that it would act on.",
        ),
        ("Do not use these numbers to predict behaviour, or to claim that a system prompt changed priorities.",),
    ),
    gate.AUTHORED: Said(
        "!", "Depends on the author", "Questions by different authors give different profiles.",
        (
            "Even at the upper end of its interval the agreement between the authors' profiles is low. Part of what "
            "is shown is one author's way of wording a value.",
        ),
        ("Look at the plot of all specifications, and quote only what every author's questions bear out.",),
    ),
}  # fmt: skip

NONE_YET = Said(
    "…", "No verdict yet", "The run stopped before there was anything to judge.",
    ("No answer that the instrument could use has been recorded, so nothing is claimed.",),
    ("Run the same command again. It goes on where it stopped, and nothing answered is asked twice.",),
)  # fmt: skip

UNFINISHED = Said(
    "…", "No verdict yet", "The run has not finished, so its answers have not been judged.",
    ("What has been answered is recorded and can be looked at below. Nothing is claimed from it.",),
    NONE_YET.next,
)  # fmt: skip

BY_LEVEL: dict[str, str] = {
    "unmeasurable": gate.NOT_MEASURABLE,
    "no preference": gate.NO_PREFERENCE,
    "unverified": gate.UNVERIFIED,
    "differences": gate.DIFFERENCES,
    "ranking": gate.RANKING,
}


def said(level: str, sentence: str) -> Said:
    """The words for a verdict; a sentence that a later version of the gate wrote falls back on its level."""
    return VERDICTS.get(sentence) or VERDICTS.get(BY_LEVEL.get(level, ""), NONE_YET)


PLAINLY = {"unmeasurable": ("✕", "Not measurable"), "no preference": ("○", "No preference found"),
           "unverified": ("?", "Not verified")}  # fmt: skip


def plainly(level: str, sentence: str) -> Said:
    """The words for the verdict of a published instrument: its own sentence, where there is no other for it."""
    mark, label = PLAINLY.get(level, ("✓", "Measured"))
    return VERDICTS.get(sentence) or Said(mark, label, sentence, (), ())


# Name of the finding → its number in the gate, its title, how its value reads, and what a failure means.
CHECKS: dict[str, tuple[str, str, str, str]] = {
    "controls": (
        "D1", "Obvious choices", "share",
        "Below it, answers to harder questions mean nothing either: no profile.",
    ),
    "order swap": (
        "D2", "Same choice after a swap", "share",
        "Below it, the choice follows the place of an option: no profile.",
    ),
    "paraphrase": (
        "D3", "Same answer in other words", "correlation",
        "Below it, or where the interval reaches zero, another wording would show another profile.",
    ),
    "signal": (
        "D4", "Stronger than chance", "p",
        "Above it, chance alone gives profiles as strong as this one. Below it proves nothing by itself.",
    ),
    "fluency": (
        "D5", "Not just fluency", "correlation",
        "Above it, the profile is how likely the texts are, whatever the dilemma.",
    ),
    "reliability": (
        "D6", "Two halves agree", "number",
        "Below it, differences may be quoted, an order may not.",
    ),
    "primed": (
        "D7", "Follows a stated priority", "share",
        "Below it, this is an association in evaluation, not a priority that the model acts on.",
    ),
    "authors": (
        "D8", "Authors agree", "correlation",
        "Not passed only where even the upper end lies below: then the profile depends on who wrote the questions.",
    ),
}  # fmt: skip

INSTRUMENTS: dict[str, tuple[str, str]] = {
    "stated": (
        "Forced choice",
        "The model is shown both options and asked to pick one, in both orders. What counts is the log-odds of the two "
        "answers, averaged over the orders.",
    ),
    "evaluative": (
        "Opposite frames",
        "No options are shown to choose from. Each option's text is scored after two opposite beginnings, such as "
        "“A good person would” and “A bad person would”, or followed by two opposite verdicts. What counts is the "
        "difference, so what makes a text likely in any case cancels. It is a construct of evaluation, not of choice.",
    ),
    "": ("Not settled", "The run stopped before it had settled on a way of asking."),
    "recorded": (
        "Recorded answers",
        "The answers were given elsewhere and are judged here as they are. How they were asked is known only as far "
        "as the file says.",
    ),
}

_UNKNOWN = (
    "Whether the model would act so. It was asked about situations; it was not put into any.",
    "What another bank would show. These are the dilemmas of one bank, and its authors' idea of what each option "
    "serves.",
    "Other languages, longer conversations, other system prompts. Only what is listed below was asked.",
    "Whether the thresholds fit every model. They have been set on one small model; each is shown so that it can be "
    "argued with.",
    "Why. An association between wordings and verdicts can come from training text, from tuning, or from the "
    "questions.",
)
_ONE_AUTHOR = (
    "How much is one author's wording. All dilemmas are by one author, whose habits of wording a value run through "
    "originals and paraphrases alike, so no check here can see them."
)
_EVALUATES = (
    "How far the situations matter. On the model with which this instrument was developed, half of what a dilemma "
    "showed stayed when its options were put under another dilemma's situation: much of it is how the options sound."
)


def unknown(*, instrument: str, one_author: bool) -> tuple[str, ...]:
    """What a page with this instrument and these authors cannot know."""
    return (*_UNKNOWN, *((_EVALUATES,) if instrument == "evaluative" else ()), *((_ONE_AUTHOR,) if one_author else ()))


# Where the human order of a taxonomy comes from.
HUMAN_ORDER: dict[str, str] = {
    "schwartz": "the pan-cultural baseline of representative and near-representative samples (Schwartz and Bardi 2001)",
}
