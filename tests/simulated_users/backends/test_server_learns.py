"""What the HTTP backend learns of a server: which fields it takes, how its model thinks, and where it puts its words."""

from __future__ import annotations

import gc
import threading
import time

import pytest

pytest.importorskip("openai")

from dialogym.simulated_users.backends.backend import Reply, Request
from dialogym.simulated_users.backends.server import ServerBackend
from dialogym.simulated_users.user import Failure

from .faults import FaultServer, completion

HELLO = Request((("system", "You sell a lamp."), ("user", "Hello?")), max_tokens=60, seed=3, stop=("\n",))
SPOKEN = "I ask $540."


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def refused(message, status=400, **more):
    return status, {"error": {"message": message, "type": "invalid_request_error", **more}}


def asked(answer, requests=(HELLO,), times=1, **options):
    """The replies of the last of several calls, and the bodies of all requests."""
    with FaultServer(answer=answer) as server:
        backend = ServerBackend(server.url, "m", **{"backoff": 0.01, "attempts": 2, **options})
        for _ in range(times):
            replies = backend.generate(requests)
        backend.close()
    return replies, server.bodies


def reasoning_model(body):
    """As OpenAI's: two fields are refused, one must have another name."""
    if "max_tokens" in body:
        told = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return refused(told, param="max_tokens", code="unsupported_parameter")
    if body.get("temperature", 1) != 1:
        told = "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported."
        return refused(told, param="temperature", code="unsupported_value")
    if "stop" in body:
        return refused("Unsupported parameter: 'stop' is not supported with this model.", param="stop")
    return 200, completion(f"{SPOKEN}\nTheir answer: no.")


def test_a_reasoning_model_is_asked_as_it_wants_and_cut_at_the_stop_texts():
    ((reply,), bodies) = asked(reasoning_model, times=2)
    assert reply.text == SPOKEN
    assert len(bodies) == 5, "three refusals, and none the second time"
    assert bodies[-1].keys() == {"model", "messages", "seed", "max_completion_tokens"}
    assert bodies[-1]["max_completion_tokens"] == 60


def test_many_requests_in_flight_learn_together():
    requests = [HELLO._replace(seed=seed) for seed in range(40)]
    replies, bodies = asked(reasoning_model, requests)
    assert [reply.text for reply in replies] == [SPOKEN] * 40 and len(bodies) <= 160


@pytest.mark.parametrize(
    "field, answer",
    [
        ("seed", (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]})),
        ("seed", refused('Invalid JSON payload received. Unknown name "seed": Cannot find field.')),
        ("stop", refused("Model grok-4 does not support parameter stop.")),
        ("temperature", (200, {"error": "`temperature` is not supported by this provider"})),
        ("max_tokens", refused("Unrecognized request argument supplied: max_tokens")),
        ("max_tokens", refused("unknown field: max_tokens", status=500)),
    ],
)  # fmt: skip
def test_a_field_that_is_refused_in_any_words_is_left_out(field, answer):
    (replies, bodies) = asked(lambda body: answer if field in body else (200, completion(SPOKEN)), times=2)
    assert [reply.text for reply in replies] == [SPOKEN]
    assert [field in body for body in bodies] == [True, False, False]
    others = {"temperature", "seed", "stop"} - {field}
    assert others <= bodies[-1].keys() and ("max_completion_tokens" in bodies[-1]) == (field == "max_tokens")


def test_the_name_of_the_limit_is_learned_the_other_way_round(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")

    def old(body):
        told = "Unrecognized request argument supplied: max_completion_tokens"
        return refused(told) if "max_completion_tokens" in body else (200, completion(SPOKEN))

    with FaultServer(answer=old) as server:
        backend = ServerBackend("", "gpt-5", backoff=0.01)
        backend._settings["base_url"] = server.url
        assert backend.generate([HELLO])[0].text == SPOKEN
        backend.close()
    assert server.bodies[-1]["max_tokens"] == 60 and "max_completion_tokens" not in server.bodies[-1]


@pytest.mark.parametrize(
    "told",
    [
        "max_tokens is too large: 60. This model's maximum context length is 40 tokens.",
        "The key is not allowed to use this model.",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2.",
    ],
)
def test_other_refusals_are_final_and_shown(told):
    (replies, bodies) = asked(lambda body: refused(told))
    assert isinstance(replies[0], Failure) and told in replies[0] and len(bodies) == 1


def test_a_server_that_takes_neither_limit_is_not_asked_for_ever():
    def neither(body):
        return refused(f"{'max_tokens' if 'max_tokens' in body else 'max_completion_tokens'} is not supported")

    (replies, bodies) = asked(neither, times=2)
    assert "max_completion_tokens is not supported" in replies[0] and len(bodies) == 3


def test_what_the_caller_adds_is_not_taken_away():
    (replies, bodies) = asked(lambda body: refused("'stop' is not supported"), extra={"stop": ["!"]})
    assert isinstance(replies[0], Failure) and len(bodies) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refused("System role not supported"),
        refused("System role not supported", status=500),
        refused("Unsupported value: 'messages[0].role' does not support 'system' with this model.", param="messages[0].role"),
        refused("Developer instruction is not enabled for models/gemma-3-27b-it"),
        refused("Conversation roles must alternate user/assistant/user/assistant/..."),
    ],
)  # fmt: skip
def test_system_messages_are_told_by_the_user_where_they_are_refused(answer):
    def server(body):
        return answer if body["messages"][0]["role"] == "system" else (200, completion(SPOKEN))

    (replies, bodies) = asked(server, times=2)
    assert [reply.text for reply in replies] == [SPOKEN] and len(bodies) == 3
    assert bodies[-1]["messages"] == [{"role": "user", "content": "You sell a lamp.\n\nHello?"}]
    assert {"temperature", "seed", "stop", "max_tokens"} <= bodies[-1].keys()


# thoughts and words


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "text", "text": "I ask "}, {"type": "text", "text": "$540."}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": SPOKEN}]},
        {"content": f"Their limit may be 300.\n\n</think>\n\n{SPOKEN}"},
        {"content": f"[THINK]hm 300[/THINK]{SPOKEN}"},
        {"content": f"<|channel|>analysis<|message|>hm\n300<|end|><|start|>assistant<|channel|>final<|message|>{SPOKEN}"},
        {"content": "<think>a</think>I ask <think>b</think>$540."},
        {"content": f"\n{SPOKEN}", "reasoning_content": "hm"},
    ],
)  # fmt: skip
def test_words_are_found_wherever_the_server_puts_them(message):
    content = message.pop("content")
    ((reply,), _) = asked(lambda body: (200, completion(content, **message)))
    assert reply == Reply(SPOKEN, 7, 3, reply.seconds)


def test_content_of_parts_without_words_is_a_failure():
    ((reply,), _) = asked(lambda body: (200, completion([{"type": "image_url"}])))
    assert "no text but list" in reply


def test_a_model_that_thinks_gets_more_tokens_and_keeps_them():
    def thinks(body):
        if body["max_tokens"] < 500:
            return 200, completion("", "length", reasoning_content="hm")
        return 200, completion(SPOKEN, reasoning_content="hm")

    (replies, bodies) = asked(thinks, [HELLO] * 3, times=2, attempts=6)
    assert [reply.text for reply in replies] == [SPOKEN] * 3
    assert {body["max_tokens"] for body in bodies} == {60, 60 + 256, 60 + 512}
    assert [body["max_tokens"] for body in bodies[-3:]] == [60 + 512] * 3, "the limit is widened once for all"
    assert "chat_template_kwargs" in bodies[-1]


def test_a_model_without_end_is_a_failure_that_says_so():
    def thinks(body):
        return 200, completion("<think>hm", "length")

    ((reply,), bodies) = asked(thinks, attempts=9)
    assert "thinking only, and ends after 4156 tokens" in reply and bodies[-1]["max_tokens"] == 60 + 4096


def test_openais_hidden_thoughts_are_known_by_their_tokens(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")

    def thinks(body):
        if body["max_completion_tokens"] < 200:
            empty = completion("", "length")
            empty["usage"]["completion_tokens_details"] = {"reasoning_tokens": 60}
            return 200, empty
        return 200, completion(SPOKEN)

    with FaultServer(answer=thinks) as server:
        backend = ServerBackend("", "gpt-5", backoff=0.01)
        backend._settings["base_url"] = server.url
        assert backend.generate([HELLO])[0].text == SPOKEN
        backend.close()
    assert [body["max_completion_tokens"] for body in server.bodies] == [60, 316]


def test_a_stop_text_that_ends_the_thoughts_is_not_sent_again():
    def thinks(body):
        thought = "<think>hm" if "stop" in body else f"<think>hm\nso</think>\n\n{SPOKEN}\nNo."
        return 200, completion(thought)

    ((reply,), bodies) = asked(thinks, attempts=3)
    assert reply.text == SPOKEN and ["stop" in body for body in bodies] == [True, True, False]
    assert "chat_template_kwargs" in bodies[1]


def test_a_server_that_does_not_know_how_to_ask_for_no_thinking():
    def strict(body):
        if "chat_template_kwargs" in body:
            return refused("Unrecognized request argument supplied: chat_template_kwargs")
        if "stop" in body:
            return 200, completion("<think>hm")
        return 200, completion(f"<think>hm\n</think>{SPOKEN}")

    ((reply,), bodies) = asked(strict, attempts=4)
    assert reply.text == SPOKEN and "chat_template_kwargs" not in bodies[-1]


# the end


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("dialogym")]


def test_a_backend_that_is_forgotten_leaves_no_thread():
    before = len(threads())
    with FaultServer() as server:
        backend = ServerBackend(server.url, "m")
        backend.generate([HELLO])
        assert len(threads()) == before + 1
        del backend
        gc.collect()
        deadline = time.monotonic() + 5
        while len(threads()) > before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(threads()) == before
        while server.writers and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not server.writers, "its connections are cut"
