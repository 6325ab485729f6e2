"""The `dialogym` command, each subcommand as a user types it: what it prints, what it writes, and how it says no."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import dialogym
import pytest
from dialogym.envs.episodes import read_episodes
from dialogym.envs.make import make_engine
from dialogym.policies.baselines import baselines
from dialogym.scripts.main import COMMANDS, main, split_settings
from dialogym.simulated_users.backends.backend import Reply

from ..toy import TOY

ENV = "Negotiation-v0"


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command line; gives the exit status, standard output and standard error, without line breaks."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as left:  # tyro's way of ending after --help and after arguments that it cannot read
            status = left.code
        printed = capsys.readouterr()
        return status, " ".join(printed.out.split()), " ".join(printed.err.split())

    return call


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_usage_names_every_command(run, arguments):
    status, out, _ = run(*arguments)
    assert status == 0 and all(command in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    status, out, _ = run(command, "--help")
    assert status == 0 and "usage" in out
    assert out.count("--set NAME=VALUE") == 1 and out.count("--module NAME") == 1


def test_version(run):
    assert run("--version") == (0, f"dialogym {dialogym.__version__}", "")


def test_completion_knows_what_is_imported_late():
    """In a fresh process, where nothing of it was used yet."""
    names = "import dialogym; print(*dir(dialogym)); print(*dialogym.__all__)"
    shown, public = subprocess.check_output([sys.executable, "-c", names], text=True).splitlines()
    assert set(public.split()) <= set(shown.split()) and "evaluate" in shown.split()


def test_values_may_be_written_as_in_python(run):
    status, out, _ = run("play", "Donor-v0", "--policy", "random", "--set", "punish=True")
    assert status == 0 and "punish" in out


def test_list(run):
    status, out, _ = run("list")
    assert status == 0
    assert all(env_id in out for env_id in dialogym.ids()) and "population=hard" in out


@pytest.mark.parametrize("policy", ["optimal", "random", "scripted"])
def test_play_with_advice(run, policy):
    status, out, _ = run("play", ENV, "--policy", policy, "--advice", "--seed", 3)
    assert status == 0
    assert "You are the buyer" in out and "hidden: reservation" in out
    lost = [float(part.split()[0].rstrip(";")) for part in out.split("lost: ")[1:]]
    assert lost and min(lost) >= 0.0
    assert (max(lost) == 0.0) == (policy == "optimal")


def test_play_in_the_other_seat(run):
    status, out, _ = run(
        "play", ENV, "--policy", "scripted", "--set", "role=seller", "--set", "rounds=5", "--grammar", "tagged"
    )
    assert status == 0 and "You are the seller" in out and "You have 5 rounds" in out


def test_a_person_who_leaves_is_no_error(run, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: (_ for _ in ()).throw(EOFError))
    status, out, err = run("play", ENV)
    assert status == 0 and "You left." in out and not err


def test_interruption(run, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    status, _, err = run("play", ENV)
    assert status == 130 and "interrupted" in err


def test_evaluate_one(run, tmp_path):
    file = tmp_path / "deep" / "result.json"
    status, out, _ = run("evaluate", ENV, "--policy", "scripted", "--episodes", 30, "--regret", 12, "--out", file)
    written = json.loads(file.read_text())
    assert status == 0 and f"{written['score']:.3f}" in out
    assert written["judged"] == 12 and f"{written['exact_score']:.3f}" in out
    assert (written["policy"], written["episodes"], written["env_id"]) == ("scripted", 30, ENV)


def test_evaluate_several(run, tmp_path):
    file = tmp_path / "result.md"
    status, out, _ = run(
        "evaluate", ENV, "--policy", "scripted", "wait", "--episodes", 30, "--set", "role=seller", "--out", file
    )
    assert status == 0 and all(name in out for name in ("random", "scripted", "wait", "optimal"))
    assert [line.split("|")[1].strip() for line in file.read_text().splitlines()[2:6]] == [
        "random",
        "scripted",
        "wait",
        "optimal",
    ]


def test_evaluate_all(run, tmp_path):
    file = tmp_path / "result.json"
    status, _, _ = run("evaluate", ENV, "--policy", "all", "--episodes", 10, "--out", file)
    assert status == 0
    assert {result["policy"] for result in json.loads(file.read_text())["evaluations"]} == set(
        baselines(make_engine(ENV))
    )


def lines(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_evaluate_all_shows_bars_and_what_comes_next(capsys):
    """From the zero to the optimum, each policy at its place; and all of it in 80 columns."""
    shown = lines(capsys, "evaluate", "NegotiationHard-v0", "--policy", "all", "--episodes", 30)
    assert max(map(len, shown)) <= 80
    bars = {line.split()[0]: line for line in shown if "█" in line or line.startswith("do nothing")}
    zero, one = (bars["do"].index("|"), bars["do"].rindex("|"))
    assert bars["do"].endswith("0.000") and zero < one
    assert bars["optimal"].count("█") == one - zero and bars["optimal"].endswith("1.000")
    assert bars["random"].index("█") < bars["random"].rindex("█") < zero  # it loses money: its bar goes to the left
    assert zero <= bars["lookahead"].index("█") and bars["lookahead"].count("█") < one - zero
    assert shown[-3] == "Next:" and all("dialogym" in line for line in shown[-2:])
    given = lines(
        capsys, "evaluate", "Open-v0", "--policy", "all", "--episodes", 5, "--set", "scenario=social/ask-back-a-loan"
    )
    assert all("Open-v0 --set scenario=social/ask-back-a-loan" in line for line in given[-2:])
    easy = lines(capsys, "evaluate", "CoachingSmall-v0", "--policy", "all", "--episodes", 30)
    assert "0 plays like random, 1 plays like the exact optimum" in easy and max(map(len, easy)) <= 80


@pytest.mark.long
def test_evaluate_all_without_an_optimum(capsys):
    """Once it ended in an error, because the optimal policy was asked for by name."""
    shown = lines(capsys, "evaluate", "Spacing-v0", "--policy", "all", "--episodes", 5)
    assert any(line.split()[:1] == ["index"] for line in shown) and not any("█" in line for line in shown)
    assert max(map(len, shown)) <= 80 and "--advice" not in "".join(shown)


def test_check_fits(capsys):
    assert main(["check", TOY]) == 1  # a toy
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) > 29 and max(map(len, shown)) <= 80


@pytest.mark.parametrize(
    ("env_id", "told", "best"),
    [
        (ENV, "The buyer paid $", "the best buyer expects 0."),
        ("Coaching-v0", "The coach recommended ", "the best coach expects 0.670."),
        ("Spacing-v0", "The coach left a student who recalls ", "no coach can expect more than 0.493."),
        (TOY, "got a payoff of ", "expects "),
    ],
)
def test_play_ends_with_a_sentence(run, env_id, told, best):
    """What was made of it, and what the best could expect."""
    _, out, _ = run("play", env_id, "--policy", "random" if env_id == TOY else "scripted", "--seed", 3)
    ending = out[out.index(told) :] if told in out else ""
    assert ending and best in ending and f"payoff of {float(re.search('payoff (-?[0-9.]+)', out)[1]):.3f}" in ending


def test_a_person_is_told_how_it_went(run, monkeypatch):
    said = iter(["[offer 100]", "[walk]"])
    monkeypatch.setattr("builtins.input", lambda *_: next(said))
    _, out, _ = run("play", ENV, "--seed", 3)
    assert "You made no deal: a payoff of 0.000; the best buyer expects" in out


def test_collect(run, tmp_path):
    arguments = (
        "collect",
        ENV,
        "--policy",
        "scripted",
        "--episodes",
        12,
        "--reward",
        "goal=1,turn_cost=0.01",
        "--set",
        "role=seller",
        "--out",
        tmp_path / "e",
    )
    status, out, _ = run(*arguments)
    assert status == 0 and "12 episodes in" in out
    episodes = read_episodes(tmp_path / "e")
    assert len(episodes) == 12 and {episode.seat for episode in episodes} == {"seller"}
    assert episodes[0].reward == {"goal": 1.0, "turn_cost": 0.01} and "-0.01" in str(
        episodes[0].turns[1].reward_terms.values()
    )
    status, out, _ = run(*arguments[:-2], "--seed", 12, "--out", tmp_path / "e")
    assert status == 0 and "24 episodes in" in out
    assert [episode.seed for episode in read_episodes(tmp_path / "e")] == list(range(24))
    status, _, err = run(*arguments[:-2], "--seed", 20, "--out", tmp_path / "e")
    assert status == 1 and "holds 4 of these episodes already (seeds 20 to 23)" in err
    status, _, _ = run(
        *arguments[:-2], "--seed", 20, "--policy", "random", "--out", tmp_path / "e"
    )  # alternatives to what is there
    assert status == 0 and len(read_episodes(tmp_path / "e")) == 36
    status, _, _ = run("collect", ENV, "--policy", "scripted", "--episodes", 2, "--out", tmp_path / "e")  # another role
    assert status == 0 and len(read_episodes(tmp_path / "e")) == 38


def test_collect_with_a_reward_from_a_module(run, tmp_path, monkeypatch):
    module = "rewards_of_a_user"
    (tmp_path / f"{module}.py").write_text(
        (
            "import dialogym\n\n\n@dialogym.register_reward('patience')\ndef patience(step):\n    return 0.5 * "
            "(step.index > 0)\n"
        ),
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    status, _, _ = run("collect", ENV, "--module", module, "--reward", "patience", "--episodes", 5, "--out", "e")
    assert status == 0
    for episode in read_episodes(tmp_path / "e"):
        assert episode.episode_return == 0.5 * (sum(turn.seat == episode.seat for turn in episode.turns) - 1)
    sys.modules.pop(module)


def test_bench(run, tmp_path):
    file = tmp_path / "bench.json"
    status, out, _ = run("bench", "--seconds", 0.05, "--repeats", 1, "--out", file)
    assert status == 0 and "gym.make" in out and "vector" in out and "reward" in out
    written = json.loads(file.read_text())
    assert all(rate > 0 for rates in written["player_turns_per_second"].values() for rate in rates)
    assert list(written["microseconds_per_step"]) == [
        "parse",
        "decide",
        "speak",
        "record and reward",
        "info and wrappers",
        "reset (shared)",
    ]
    assert all(each >= 0 for each in written["microseconds_per_step"].values())


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("dance",), 2, "command must be one of list, "),
        (("play", "Chess-v0"), 1, f"environment must be one of {dialogym.ids()[0]}, "),
        (("evaluate", "Chess-v0"), 1, f"environment must be one of {dialogym.ids()[0]}, "),
        (("collect", "Chess-v0"), 1, f"environment must be one of {dialogym.ids()[0]}, "),
        (("bench", "Chess-v0"), 1, f"environment must be one of {dialogym.ids()[0]}, "),
        (("play", ENV, "--policy", "cunning"), 1, "policy must be one of random, scripted"),
        (
            ("evaluate", ENV, "--policy", "optimal", "cunning", "--episodes", "2"),
            1,
            "policy must be one of random, scripted",
        ),
        (("evaluate", ENV, "--episodes", "0"), 1, "episodes must be at least 1"),
        (("evaluate", ENV, "--out", "result.pdf"), 1, "out must end in .json or .md"),
        (("collect", ENV, "--reward", "gaol"), 1, "reward must be one of"),
        (("collect", ENV, "--reward", "goal=much"), 1, "weight of reward 'goal' must be a number"),
        (("collect", ENV, "--grammar", "klingon"), 1, "grammar must be one of natural, tagged"),
        (("play", ENV, "--policy", "random", "--set", "role=thief"), 1, "role must be one of buyer, seller"),
        (("play", ENV, "--policy", "random", "--set", "colour=red"), 1, "valid settings are role"),
        (("play", ENV, "--set", "role"), 1, "--set must be followed by NAME=VALUE"),
        (("play", ENV, "--module"), 1, "--module must be followed by the name of a module"),
        (("play", ENV, "--module", "no_such_module"), 1, "no_such_module"),
        (("play", ENV, "--module", "../x"), 1, "named as in an import"),
        (("bench", "--seconds", "nan"), 1, "seconds must be above 0, got nan"),
        (("bench", "--repeats", "0"), 1, "repeats must be at least 1"),
        (("evaluate", ENV, "--reward", "gaol"), 1, "reward must be one of"),
        (("transfer", "ClinicLarge-v0", "--on", "scripted", "Clinic-v0"), 1, "is out of reach"),
        (("report", "no/such/run"), 1, "no training run at"),
        (("train", "astrology"), 1, "algorithm must be one of"),
        (("train", "bc", "Negotiatoin-v0"), 1, "'Negotiatoin-v0'"),
        (("train", "bc", ENV, "--set", "colour=red"), 1, "valid settings are role"),
        (("train", "ppo", ENV, "--reward", "gaol"), 1, "reward must be one of"),
        (("train", "bc", ENV, "--out", __file__), 1, "out must be in a folder"),
        (("play", ENV, "--volume", "11"), 2, "--volume"),
        (("evaluate", ENV, "--episodes", "many"), 2, "many"),
        (("play",), 2, "Required options"),
    ],
)
def test_refusals_are_explained(run, arguments, status, message):
    got, out, err = run(*arguments)
    assert got == status
    assert message in err and "Traceback" not in out + err
    assert "loading torch" not in err  # told before anybody waits for that


def test_the_package_is_the_command():
    asked = subprocess.run([sys.executable, "-m", "dialogym", "--version"], capture_output=True, text=True)
    assert (asked.returncode, asked.stdout) == (0, f"dialogym {dialogym.__version__}\n")


def test_debug_shows_where_an_error_comes_from():
    for place in (1, 4):
        arguments = ["evaluate", "NoSuch-v0", "--episodes", "2"]
        arguments.insert(place, "--debug")
        with pytest.raises(ValueError, match="environment must be one of"):
            main(arguments)


def test_a_report_without_its_extra(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, out, err = run("report", ".")
    assert status == 1 and "dialogym[report]" in err and "Traceback" not in out + err


def test_a_voice_without_its_extra(run, monkeypatch):
    monkeypatch.setattr("dialogym.simulated_users.backends.weights.find_spec", lambda name: None)
    status, out, err = run("evaluate", ENV, "--policy", "scripted", "--episodes", 1, "--user", "voiced:smollm2")
    assert status == 1 and "dialogym[llm]" in err and "Traceback" not in out + err


@pytest.mark.parametrize("module", ["torch", "transformers"])
def test_training_without_its_extra(module):
    program = (
        f"import sys; sys.modules[{module!r}] = None; from dialogym.scripts.main import main; sys.exit(main(['train', "
        f"'bc', '{ENV}']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (
        done.returncode == 1 and "dialogym[train]" in " ".join(done.stderr.split()) and "Traceback" not in done.stderr
    )


def test_collect_into_a_file(run, tmp_path):
    (tmp_path / "e").write_text("mine")
    status, _, err = run("collect", ENV, "--episodes", 2, "--out", tmp_path / "e")
    assert status == 1 and "path must be a folder" in err and (tmp_path / "e").read_text() == "mine"


def test_settings_are_json_where_they_can_be():
    rest, settings = split_settings(
        [
            "play",
            "--set",
            "rounds=5",
            "--set",
            "values=[13, 15]",
            "--seed",
            "2",
            "--set",
            "role=seller",
            "--set",
            "x=a=b",
        ]
    )
    assert rest == ["play", "--seed", "2"]
    assert settings == {"rounds": 5, "values": [13, 15], "role": "seller", "x": "a=b"}


def test_judge_card(run, tmp_path, monkeypatch):
    def generate(self, requests):
        return [Reply(json.dumps([0.0] * len(request.choices)), 1, 1, 0.0) for request in requests]

    def load(name, also=(), **options):
        backend = model()
        backend.name = name
        return backend

    model = type("Flat", (), {"weighs": True, "generate": generate, "close": lambda self: None})
    monkeypatch.setattr("dialogym.simulated_users.backends.presets.load_backend", load)
    arguments = ("judge", "card", "flat(evidence=false)", "--env", ENV, "--places", 4, "--out", tmp_path)
    status, out, err = run(*arguments)
    assert status == 1 and err.startswith("scores: 0 of ")
    assert "Do not train on it" in out and "verbose, in sd of its scores +0.00" in out
    (file,) = tmp_path.iterdir()
    card = json.loads(file.read_text())
    assert card["model"] == "flat" and card["rank_correlation"]["value"] == 0.0
    assert card["regret"]["value"] == pytest.approx(card["blind"]["value"])
    assert run("judge", "cart")[0] == 1 and "one by one" in run("judge", "card", "a+b", *arguments[3:])[2]


@pytest.mark.parametrize(
    "command",
    [
        ("collect", ENV, "--episodes", 4, "--out", "{file}/e"),
        ("evaluate", ENV, "--episodes", 4, "--out", "{file}/e.json"),
        ("tournament", ENV, "--rounds", 2, "--out", "{file}/e"),
        ("transfer", ENV, "--on", "scripted", "population=hard", "--out", "{file}/e.md"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_played(run, tmp_path, monkeypatch, command):
    (tmp_path / "file").write_text("kept")
    monkeypatch.setattr("dialogym.envs.engine.Engine.open", None)
    status, _, err = run(*(str(part).format(file=tmp_path / "file") for part in command))
    assert status == 1 and "must be in a folder" in err and (tmp_path / "file").read_text() == "kept"


def test_exports_name_their_episodes(run):
    status, _, err = run("export", "--to", "sft")
    assert status == 1 and "paths must name one or more folders" in err


def test_two_who_record_the_same_do_not_do_it_twice(tmp_path, monkeypatch):
    """The other begins after the first has looked, and is first to write."""
    from dialogym.policies import collect as module

    look, others = module._refuse_twice, []

    def begin(*given):
        look(*given)
        if not others:
            others.append(True)
            module.collect(ENV, "scripted", 8, tmp_path / "e", batch=4)

    monkeypatch.setattr(module, "_refuse_twice", begin)
    with pytest.raises(ValueError, match="holds 4 of these episodes already"):
        module.collect(ENV, "scripted", 8, tmp_path / "e", batch=4)
    assert [episode.seed for episode in read_episodes(tmp_path / "e")] == list(range(8))


def test_a_port_that_there_is_not(run):
    pytest.importorskip("uvicorn")
    status, _, err = run("serve", ENV, "--port", 99999)
    assert status == 1 and "port must be from 0 to 65535" in err


@pytest.mark.parametrize(
    "words, named",
    [
        (("train", "bc"), "ENV-ID"),
        (("train", "reward"), "ENV-ID"),
        (("judge", "card"), "MODEL"),
        (("scenario", "new"), "FILE"),
    ],
)
def test_what_is_missing_is_called_by_what_it_is(words, named, capsys):
    with pytest.raises(SystemExit):
        main(list(words))
    told = capsys.readouterr()
    assert named in told.out + told.err and "STR" not in told.out + told.err
