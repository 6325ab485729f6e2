"""Clinic: ask, test and reassure, then prescribe safely or refer, as an environment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, NamedTuple

from ...core.checks import at_least, between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.free_answers import free_answers
from ...core.setting import Setting
from ...core.solver import Solution
from ...simulated_users.user import Cue
from ..base import Family
from .complaints import COMPLAINTS, FOUND, MEDICINES, PRESETS, SHOWN, extract
from .game import ACTS, SEATS, Consultation, Prescribe, Visit
from .mind import Patient, Renamed, Unsolved, Waiting
from .voice import NAMES, PATTERNS, VOICE, printed, understand

SOLVED = 8  # turns of the small preset that are solved in some seconds; the large one is never solved


class Facts(NamedTuple):
    """What both sides know."""

    complaint: str
    name: str


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario: what the patient has come with, and the patient's name."""

    complaint: str
    name: str

    @property
    def public(self) -> Facts:
        """All of it."""
        return Facts(self.complaint, self.name)


@dataclass(frozen=True)
class Clinic(Family):
    """A consultation: a doctor asks, tests and reassures, and then prescribes safely or refers the patient.

    ## Description

    **No medical advice.** Illnesses, drugs and numbers of this environment are invented. They say nothing about any
    real illness, test or medicine; nobody should ask for or take anything because of what is written here.

    A patient comes with a headache, a cough or tiredness. One of several illnesses is behind it. The doctor asks about
    findings, orders tests, which cost more and tell more, and prescribes within few turns. Against each illness there
    are *tablets*, the first choice, and *drops*, the second. Some patients take another medicine that tablets do not go
    with: to them tablets do harm, whatever the illness. A doctor who is not sure can refer the patient, which is worth
    something, but less than the right drug.

    About half of the patients are *guarded*: what is delicate, and what else they take, they conceal with a plain no,
    until they were reassured that it stays in the room. Nothing tells who is guarded. To reassure pays nothing by
    itself; it makes other questions worth asking.

    ## Scenario

    One of three complaints and a patient's name, all equally likely. The complaints are the same game in other words.
    Hidden are the illness, whether the patient takes what tablets do not go with (`risk`), and whether it is guarded
    (`guarded`); they are independent of each other and never change.

    | complaint | illnesses | findings | tests |
    |---|---|---|---|
    | headache | surge, band, mask, echo | nausea, onesided, fever, stress, *painkillers* | scan, diary |
    | cough | whistle, tickle, harbour, ember | nights, wheezing, fever, throat, *smoking* | xray, breathing |
    | tiredness | winter, candle, marsh, lantern | cold, weight, fever, worries, *drinking* | blood, hormones |

    With each complaint one can also ask about other *medicines*. What is in italics is delicate. With the preset
    `large` there are four more illnesses, eight more findings, one of them delicate, and three more tests.

    A finding is there, and a test positive, with a probability that depends on the illness alone; the brief states the
    tables. A patient at risk says so with probability 0.95 when asked about medicines, one that is not at risk always
    says no. A guarded patient that was not reassured says yes to a delicate question with a tenth of the probability
    that it would have otherwise. So its no tells next to nothing.

    ## Acts

    An utterance is free text with at most one tag: `[ask FINDING]`, `[test TEST]`, `[reassure]`, `[prescribe DRUG]`,
    `[refer]`; without a tag it is talk. Drugs are named by the illness: `surge-tablets`, `surge-drops`. The patient
    speaks first. A test is answered by the lab, a third seat, which prints its result literally.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. An utterance is cut into clauses. A clause binds if one of the patterns below covers it: it asks (`do you feel
       sick with it?`), orders a test (`I would like a scan`), reassures (`what you tell me stays between us`),
       prescribes (`I will give you the tablets for surge headache`) or refers (`I will refer you to a specialist`).
    2. A clause that is denied, put off, asked, under a condition, or reports what was said, neither prescribes nor
       refers (`I would not prescribe surge tablets`, `maybe I should refer you`).
    3. A finding has many names, but it is one question: asked again in other words it is refused.
    4. Only a promise that it stays in the room, or that nobody judges, reassures. Kind words do not (`don't worry, it
       will be fine`).
    5. Two different acts in one utterance are ambiguous. Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (what does not exist, or was asked, tested or promised before). It then counts as talk, and the patient says
    why.

    ## Observation

    Text. The first observation is the brief (illnesses, findings and tests with all probabilities, payoffs, turns,
    tags) and the patient's opening; after that, each reply: the patient's words, or the lab's line. It is empty after a
    prescription or a referral. The words depend on the answer, the public facts and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: 1 for the tablets against the right illness and `second` for the drops; minus `wrong` for a drug
    against another illness, and minus `harm` for any tablets where they do not go with what else the patient takes;
    `refer` for a referral; 0 if the time runs out. Less `test_cost` for each test and `cost` for each other turn but
    the one that ends the consultation.

    ## Episode end

    Terminated by a prescription or a referral, or when the patient leaves after `turns` turns of the doctor; what is
    asked or tested in the last turn is not answered any more. Truncated by the third lost turn in a row, which pays as
    if nothing was prescribed, or by a failure of the simulated user's machinery; in the second case `info["error"]`
    says what failed.

    ## Optimum

    The best expected payoff of the preset `small` is computed exactly, by expectimax over public states and beliefs
    about what is hidden (Kaelbling et al. 1998). Talk cannot help: whatever can be done after it could be done at once.
    To reassure is tried as long as a delicate question is left and the patient may be guarded. All complaints share one
    solution.

    The preset `large`, and more than eight turns, are out of reach; asking for their optimum raises
    `NotImplementedError`. `Clinic.bound(scenario)` gives a proven upper bound, *free answers*: what a doctor could
    expect that is given the answers to all questions and tests for nothing, from patients who conceal nothing, less the
    price of one question unless it ends at once (`dialogym.core.free_answers`). A patient who conceals tells no more
    than one who does not, so no doctor learns anything that is not part of these answers. `reassured-gain` is a strong
    lower bound.

    ## Registered configurations

    | id | preset | turns | cost | test_cost | wrong | harm | refer | risk | guarded |
    |---|---|---:|---:|---:|---:|---:|---:|---:|---:|
    | `Clinic-v0` | `small` | 6 | 0.02 | 0.08 | 0.5 | 1.0 | 0.35 | 0.3 | 0.5 |
    | `ClinicEasy-v0` | `small` | 6 | 0.02 | 0.08 | 0.25 | 1.0 | 0.35 | 0.3 | 0.0 |
    | `ClinicHard-v0` | `small` | 6 | 0.02 | 0.08 | 0.5 | 1.5 | 0.4 | 0.4 | 0.5 |
    | `ClinicLarge-v0` | `large` | 14 | 0.005 | 0.02 | 0.5 | 1.0 | 0.35 | 0.3 | 0.5 |

    ## Metrics

    `info["outcome"]`, at the end: `accuracy` (a drug against the right illness was prescribed), `adverse` (tablets were
    prescribed to a patient whom they harm), `referred`, `abstention_accuracy` (where it was referred: whether the best
    prescription would have failed, by the illness or by the harm; else `None`), `questions`, `tests`, `cost` (of the
    whole consultation), `missed_medicines` (a drug was prescribed, and other medicines not asked about), `reassured`,
    `prescribed` (which drug, or `None`), `ending` (`prescribed`, `referred`, `limit` or `truncated`), `turns`,
    `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds `illness`, `risk` and `guarded`.

    ## References

    - S. Schmidgall, R. Ziaei, C. Harris, J. W. Kim, E. Reis, J. Jopling and M. Moor (2024). AgentClinic: a multimodal
      agent benchmark to evaluate AI in simulated clinical environments. arXiv:2405.07960.
    - S. S. Li, V. Balachandran, S. Feng, J. Ilgen, E. Pierson, P. W. Koh and Y. Tsvetkov (2024). MediQ:
      question-asking LLMs and a benchmark for reliable interactive clinical reasoning. arXiv:2406.00922.
    - Z. Fan, J. Tang, W. Chen, S. Wang, Z. Wei, J. Xi, F. Huang and J. Zhou (2024). AI Hospital: benchmarking large
      language models in a multi-agent medical interaction simulator. arXiv:2402.09742.
    - J. Zhao, L. Xu, M. Tan, L. Zhang, A. Argha, H. Alinejad-Rokny and M. Yang (2025). RxSafeBench: identifying
      medication safety issues of large language models in simulated consultation. arXiv:2511.04328.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        preset: How much of a complaint is played: `small` or `large`.
        turns: Turns of the doctor, the end included; from 4 to 40.
        cost: Price of a question, a promise or talk; from 0 to 1.
        test_cost: Price of a test; from 0 to 1.
        second: Worth of the drops against the right illness; from 0 to 1.
        wrong: Loss by a drug against another illness; at least 0.
        harm: Loss by tablets in a patient at risk; at least 0.
        refer: Worth of a referral; from 0 to 1.
        risk: Share of patients who take what tablets do not go with; from 0 to 1.
        guarded: Share of patients who conceal what is delicate until they were reassured; from 0 to 1.
    """

    preset: str = "small"
    turns: int = 6
    cost: float = 0.02
    test_cost: float = 0.08
    second: float = 0.75
    wrong: float = 0.5
    harm: float = 1.0
    refer: float = 0.35
    risk: float = 0.3
    guarded: float = 0.5

    role = SEATS[0]
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    tools: ClassVar[Mapping[str, Callable[[Cue], str]]] = {"lab": printed}
    metrics_of: ClassVar[Mapping[str, str]] = {
        "accuracy": "share of patients who were prescribed a drug against what they have",
        "adverse": "share of patients who were prescribed tablets that harm them",
        "referred": "share of patients who were referred",
        "abstention_accuracy": "share of referrals where the best prescription would have failed",
        "questions": "questions asked",
        "tests": "tests made",
        "cost": "cost of the consultation",
        "missed_medicines": "share of patients who were prescribed a drug and not asked about other medicines",
        "reassured": "share of patients who were reassured",
        "turns": "turns of the doctor",
    }

    def __post_init__(self) -> None:
        one_of(self, PRESETS, "preset")
        whole(self, 4, 40, "turns")
        between(self, 0.0, 1.0, "cost", "test_cost", "second", "refer", "risk", "guarded")
        at_least(self, 0.0, "wrong", "harm")

    def scenarios(self) -> Sequence[Case]:
        """Every complaint with every name; all equally likely."""
        return [Case(complaint, name) for complaint in COMPLAINTS for name in NAMES]

    def parts(self, scenario: Case) -> tuple[Consultation, Waiting]:
        """Game and mind; one for each complaint.

        Raises:
            ValueError: If there is no such complaint.
        """
        one_of(scenario, COMPLAINTS, "complaint")
        part, preset = extract(scenario.complaint, self.preset), PRESETS[self.preset]
        prices = (self.cost, self.test_cost, self.second, self.wrong, self.harm, self.refer)
        game = Consultation(part.illnesses, part.questions, part.tests, self.turns, *prices)
        columns = len(preset.share)
        found = tuple(row[:columns] for row in FOUND[: preset.findings])
        shown = tuple(row[:columns] for row in SHOWN[: preset.tests])
        delicate = tuple(map(part.questions.index, part.delicate))
        return game, Waiting(game, preset.share, found, shown, delicate, self.risk, self.guarded)

    def setting(self, scenario: Case) -> Setting:
        """Game, mind and seat, with the solution that all complaints share."""
        if scenario not in self._settings:
            first = replace(scenario, complaint=next(iter(COMPLAINTS)))
            solved = self.preset == "small" and self.turns <= SOLVED
            self._settings[scenario] = _setting(self.parts(scenario)[1], self.parts(first)[1], solved)
        return self._settings[scenario]

    def bound(self, scenario: Case) -> float:
        """A proven upper bound on the best expected payoff, *free answers*; the same for all scenarios."""
        return _bound(self.parts(replace(scenario, complaint=next(iter(COMPLAINTS))))[1])

    def task(self, scenario: Case) -> str:
        """Illnesses, findings, tests, probabilities, payoffs, turns."""
        part, (_, mind) = extract(scenario.complaint, self.preset), self.parts(scenario)
        shares = ", ".join(f"{one} {p:g}" for one, p in zip(part.illnesses, mind.share, strict=True))
        found, shown = (
            "\n".join(f"- {one}: {', '.join(f'{p:g}' for p in row)}" for one, row in rows)
            for rows in (zip(part.questions, mind.found, strict=False), zip(part.tests, mind.shown, strict=True))
        )
        *some, last = part.delicate
        concealing = (
            f" {self.guarded:.0%} of all patients conceal what is delicate, that is {', '.join(some)} and {last}: they "
            f"say yes to that {mind.slips:g} times as often, until they are reassured that it stays in the room."
        )
        return (
            "You are a doctor in a made-up world: illnesses, drugs and numbers are invented, and nothing is medical "
            f"advice. {scenario.name} has come with {COMPLAINTS[scenario.complaint].trouble}. It is one of these "
            f"illnesses, with these probabilities: {shares}.\n\n"
            "You can ask about each of these once. The numbers are the probabilities of a yes with "
            f"{', '.join(part.illnesses)}, in this order:\n{found}\n- {MEDICINES}: see below\n\n"
            "You can order each of these tests once. The numbers are the probabilities that it is positive:\n"
            f"{shown}\n\n"
            f"Against each illness there are tablets and drops, such as {part.illnesses[0]}-tablets. {self.risk:.0%} "
            "of all patients take another medicine, and tablets harm them whatever they have; asked about "
            f"{MEDICINES}, they say yes with probability {mind.candid:g}, and the others no."
            f"{concealing if self.guarded else ''}\n\n"
            f"Against the right illness tablets are worth 1 and drops {self.second:g}. A drug against another illness "
            f"costs {self.wrong:g}, and tablets that harm cost {self.harm:g}. To refer is worth {self.refer:g}. A test "
            f"costs {self.test_cost:g}, every other turn {self.cost:g}, the one that ends it nothing. To prescribe or "
            f"to refer ends it; you have {self.turns} turns, that one included.\n\n"
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """What may be named: complaint and preset."""
        return (dialogue.scenario.complaint, self.preset)

    def known(self, seat: str, told: dict[str, Any]) -> dict[str, Any]:
        """All but the illness, which the patient does not know."""
        return {name: value for name, value in told.items() if name != "illness"}

    def success(self, game: Consultation, state: Visit, hidden: Patient) -> bool:
        """Whether a drug against the right illness was prescribed, be it safe or not: AgentClinic's accuracy."""
        return bool(state.drug) and game.drugs[state.drug].illness == hidden.illness

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, hidden = dialogue.state, dialogue.hidden
        game = dialogue.setting.game_as(Consultation)
        drug, tests = game.drugs.get(state.drug or ""), game.tested(state)
        harmed = drug is not None and drug.first and hidden.risk
        return {
            "accuracy": self.success(game, state, hidden),
            "adverse": harmed,
            "referred": state.ending == "referred",
            "abstention_accuracy": _failing(dialogue, game) if state.ending == "referred" else None,
            "questions": state.asked.bit_count() - tests,
            "tests": tests,
            "cost": game.spent(state),
            "missed_medicines": drug is not None and not state.asked & game.items[MEDICINES][0],
            "reassured": state.calm,
            "prescribed": state.drug,
            "ending": state.ending or "truncated",
            "turns": state.turn,
        }


def _failing(dialogue: Dialogue, game: Consultation) -> bool:
    """Whether the prescription that seemed best would have been against another illness, or done harm."""
    best, hidden = game.best_end(dialogue.belief(), abstain=False), dialogue.hidden
    assert isinstance(best, Prescribe)
    return game.worth(hidden.illness, hidden.risk, best.drug) <= 0.0


@cache
def _setting(mind: Waiting, first: Waiting, solved: bool) -> Setting:
    kind = SEATS[0]
    if not solved:
        return Setting(mind.game, mind, kind, optimum=lambda: Unsolved(mind.game, mind, kind, mind.candidates))
    return Setting(mind.game, mind, kind, mind.candidates, lambda: Renamed(mind, _optimum(first)))


@cache
def _optimum(mind: Waiting) -> Solution[Patient]:
    """The shared solution of all complaints, in the names of the first."""
    return Solution(mind.game, mind, SEATS[0], mind.candidates)


@cache
def _bound(mind: Waiting) -> float:
    """The best end at once, or the ends after free answers for the price of one question."""
    game, people = mind.game, mind.prior().map(lambda hidden: hidden._replace(guarded=False))
    kinds, shares = zip(*people, strict=True)
    yes = [[mind.chance(hidden, topic, True) for hidden in kinds] for _, topic in game.items.values()]
    worth = [[game.worth(hidden.illness, hidden.risk, drug) for hidden in kinds] for drug in game.drugs]
    ends = [[game.refer] * len(kinds), *worth]
    at_once = max(sum(p * w for p, w in zip(shares, row, strict=True)) for row in ends)
    return max(at_once, free_answers(shares, yes, ends) - min(game.cost, game.test_cost))
