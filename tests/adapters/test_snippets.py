"""The snippets of docs/adapters.md are what they are shown as: each is run by its client, where that is installed."""

from __future__ import annotations

import asyncio
import copy
import re
import sys
import types
from functools import cache
from pathlib import Path

import gymnasium as gym
import pytest

from .learner import model, plain, speak

PAGE = Path(__file__).parents[2] / "docs" / "adapters.md"
EXPECTED = ("Negotiation-v0", "Tutoring-v0")
SEEDS = range(20)


@cache
def snippet(heading):
    """The names of the snippet under a heading; run once, since clients register a name but once."""
    code = re.search(rf"^### {heading}$.*?^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    module = sys.modules[f"snippet_{heading}"] = types.ModuleType(f"snippet_{heading}")
    exec(compile(code, heading, "exec", dont_inherit=True), vars(module))
    return vars(module)


def rewards(env_id, seed, split="train"):
    return plain(env_id, seed, split)[0]


@pytest.mark.parametrize("env_id", EXPECTED)
def test_skyrl_gym(env_id):
    skyrl_gym = pytest.importorskip("skyrl_gym")
    snippet("SkyRL-Gym")
    for seed in SEEDS:
        env = skyrl_gym.make("dialogym", env_config={}, extras={"env": env_id, "seed": seed})
        chat, got = list(env.init([])[0]), []
        while True:
            text = speak(chat)
            out = env.step(text)
            got.append(out["reward"])
            chat += [{"role": "assistant", "content": text}, *out["observations"]]
            if out["done"]:
                break
        assert got == rewards(env_id, seed)
        assert env.get_metrics()["return"] == sum(got) and len(out["metadata"]["advantages"]) == len(got)


@pytest.mark.parametrize("env_id", EXPECTED)
def test_gem(env_id):
    gem = pytest.importorskip("gem")
    snippet("GEM")
    envs = gem.make_vec([f"dialogym:{env_id}"] * len(SEEDS), seed=0, async_mode=True)
    chats, got, live = [[{"role": "user", "content": seen}] for seen in envs.reset(seed=0)[0]], {}, set(SEEDS)
    while live:
        said = {place: speak(chats[place]) for place in sorted(live)}
        seen, reward, over, cut, info = envs.step(said)
        for row, place in enumerate(said):
            got.setdefault(place, []).append(float(reward[row]))
            chats[place] += [{"role": "assistant", "content": said[place]}, {"role": "user", "content": seen[row]}]
            if over[row] or cut[row]:
                live.discard(place)
    assert got == {seed: rewards(env_id, seed) for seed in SEEDS}
    assert gem.make(f"dialogym:{env_id}").spawn().made["env"] == env_id


@pytest.mark.parametrize("env_id", EXPECTED)
def test_art(env_id):
    art = pytest.importorskip("art")
    rollout = snippet("ART")["rollout"]

    async def groups(address):
        learner = art.Model(
            name="ladder",
            project="dialogym",
            inference_model_name="ladder",
            inference_base_url=address,
            inference_api_key="none",
        )
        each = (art.TrajectoryGroup(rollout(learner, seed, env_id) for _ in range(2)) for seed in SEEDS)
        return await art.gather_trajectory_groups(each)

    with model() as address:
        played = asyncio.run(groups(address))
    for seed, group in zip(SEEDS, played, strict=True):
        assert [trajectory.reward for trajectory in group.trajectories] == 2 * [sum(rewards(env_id, seed))]
        assert all("regret" in trajectory.metrics for trajectory in group.trajectories)


@pytest.mark.parametrize("env_id", EXPECTED)
def test_textarena(env_id):
    ta = pytest.importorskip("textarena")
    snippet("TextArena")
    for seed in SEEDS:
        env = ta.make(f"dialogym/{env_id}")
        env.reset(num_players=1, seed=seed)
        chat, done = [], False
        while not done:
            _, seen = env.get_observation()
            chat += [{"role": "user", "content": text} for sender, text, _ in seen if sender == -1]
            text = speak(chat)
            chat.append({"role": "assistant", "content": text})
            done, _ = env.step(action=text)
        returns, _ = env.close()
        assert returns[0] == sum(rewards(env_id, seed))


@pytest.mark.parametrize("env_id", EXPECTED)
def test_tinker_cookbook(env_id):
    pytest.importorskip("tinker_cookbook")
    from tinker_cookbook.completers import TokenCompleter, TokensWithLogprobs
    from tinker_cookbook.renderers import get_renderer
    from tinker_cookbook.rl.rollouts import do_single_rollout

    names, tokenizer = snippet("tinker-cookbook"), bytes_as_tokens()

    class Scripted(TokenCompleter):
        def __init__(self, dialogue):
            self.dialogue = dialogue

        async def __call__(self, model_input, stop, *, max_tokens=None):
            ids = tokenizer.encode(speak(self.dialogue.session.env.messages()) + "<|im_end|>", add_special_tokens=False)
            return TokensWithLogprobs(tokens=ids, maybe_logprobs=[0.0] * len(ids))

    for seed in SEEDS:
        dialogue = names["Dialogue"](env_id, seed)
        env = names["EnvFromMessageEnv"](get_renderer("qwen3_instruct", tokenizer), dialogue)
        played = asyncio.run(do_single_rollout(Scripted(dialogue), env))
        assert [transition.reward for transition in played.transitions] == rewards(env_id, seed)
        assert "regret" in played.transitions[-1].metrics


@pytest.mark.parametrize("env_id", EXPECTED)
def test_openrlhf(env_id):
    torch = pytest.importorskip("torch")
    pytest.importorskip("openrlhf.utils.agent")
    executor, tokenizer = snippet("OpenRLHF")["AgentExecutor"](), bytes_as_tokens()
    chat = re.compile(r"<\|im_start\|>\s*(user|assistant)\s*\n(.*?)<\|im_end\|>", re.DOTALL)

    class Engine:
        async def generate(self, ids, *_, **__):
            seen = [{"role": role, "content": text} for role, text in chat.findall(tokenizer.decode(ids))]
            text = speak(seen) + "<|im_end|>"
            spoken = tokenizer(text, add_special_tokens=False)["input_ids"]
            out = types.SimpleNamespace(token_ids=spoken, text=text, finish_reason="stop", logprobs=None)
            return types.SimpleNamespace(outputs=[out])

    sampling = types.SimpleNamespace(max_tokens=64, logprobs=None)
    for seed in SEEDS:
        label = {"env": env_id, "seed": seed}
        got = asyncio.run(executor.execute("", label, copy.deepcopy(sampling), 8192, tokenizer, Engine()))
        assert float(got["reward"]) == pytest.approx(sum(rewards(env_id, seed)), abs=1e-6)
        assert torch.is_tensor(got["reward"]) or isinstance(got["reward"], float)


@pytest.mark.parametrize("env_id", EXPECTED)
def test_torchrl(env_id):
    pytest.importorskip("torchrl")
    from torchrl.envs.utils import check_env_specs

    env = snippet("torchrl")["make"](env_id)
    check_env_specs(env)
    other = gym.make(env_id, face="acts", split="train")
    for seed in SEEDS:
        env.set_seed(seed)
        played = env.rollout(50)
        other.reset(seed=seed)  # which set_seed has done, and rollout begins with another reset
        other.reset()
        for act, reward in zip(played["action"].tolist(), played["next", "reward"].flatten().tolist(), strict=True):
            assert other.step(act)[1] == pytest.approx(reward, abs=1e-6)
        outcome = other.unwrapped.outcome()
        assert other.unwrapped.dialogue.done and outcome["illegal"] == outcome["malformed"] == 0


@pytest.mark.parametrize("env_id", EXPECTED)
def test_reasoning_gym(env_id):
    pytest.importorskip("reasoning_gym")
    data = snippet("reasoning-gym")["create_dataset"]("dialogym", env=env_id, size=20, seed=0)
    entries = list(data)
    assert len(entries) == 20
    for entry in entries:
        assert data.score_answer(entry["answer"], entry) == pytest.approx(1.0)
        worst = entry["metadata"]["row"]["acts"][-1]["act"]
        assert data.score_answer(worst, entry) == pytest.approx(0.0)
        assert data.score_answer(None, entry) == 0.0


def bytes_as_tokens():
    """A tokenizer that needs no download: a token for each byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(alphabet)}, merges=[]))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|im_end|>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    return tokenizer
