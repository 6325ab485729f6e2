"""How a person takes what was said, read from its next words."""

from __future__ import annotations

import gymnasium as gym
import pytest
from dialogym.rewards.reactions import reaction


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("Thank you, that helps a great deal.", 1), ("You are right.", 1), ("It's a deal at $204!", 1), ("Hm.", 0),
        ("That sounds fair to me.", 1), ("No, thank you.", 0), ("That does not help. I already told you!", -1),
        ("Stop asking!", -1), ("That is not helpful.", -1), ("I am not angry.", 0), ("That isn't so good.", 0),
        ("Thanks, but do not push me.", 0), ("The order number is W-4711.", 0), ("I could not follow.", -1), ("", 0),
    ],
)  # fmt: skip
def test_words(words, taken):
    assert reaction(words) == taken


def test_it_is_a_reward_by_name():
    env = gym.make("Open-v0", scenario="service/late-parcel", reward="goal=1,user/reaction=0.5")
    found = set()
    for seed in range(12):
        env.reset(seed=seed)
        for text in ("That is your own fault.", "I am so sorry about that."):
            answer, _, over, _, info = env.step(text)
            assert info["reward_terms"]["user/reaction"] == 0.5 * reaction(answer)
            found.add(reaction(answer))
            if over:
                break
    assert found == {-1, 0, 1}
