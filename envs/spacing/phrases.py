"""Phrases of a student with flashcards, and words for demonstrations in the coach's seat.

A sentence is drawn without a look at the student's memory, so it must be true of any student who gives this answer:
nobody says how hard a card is, how sure they were or whether they will remember it. ``{slip}`` stands for each of the
card's three mistakes in turn. A capital letter opens a sentence: ``{Answer}``.
"""

from __future__ import annotations

SLIPS = 3
FIELDS = (
    "name",
    "answer",
    "Answer",
    *(f"{word}{number}" for number in range(1, SLIPS + 1) for word in ("slip", "Slip")),
)

_PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "terse": {
        "right": (
            "{Answer}. Right.",
            "{Answer}. Correct.",
            "{Answer}. Yes.",
            "It's {answer}. Right.",
            "{Answer}. Got it.",
            "{Answer}. That's it.",
        ),
        "wrong": (
            "{Slip}. No: {answer}.",
            "{Slip}? Wrong. It's {answer}.",
            "{Slip}. Wrong, {answer}.",
            "I say {slip}. No, it's {answer}.",
            "{Slip}. Hm, no: {answer}.",
        ),
        "blank": (
            "No idea. I see: {answer}.",
            "Don't know. So it's {answer}.",
            "Nothing comes. Ah, {answer}.",
            "Gone. It's {answer}.",
            "Blank. OK: {answer}.",
        ),
        "talk": ("No card, then.", "OK, no card.", "Fine. No card this time.", "I'm here.", "Waiting for a card."),
        "session": ("Session over. Till next time.", "Done for today.", "That's it for this session."),
        "lesson": ("Last one. Now the test.", "That was all. Test next.", "Done. The test comes now."),
        "greeting": ("Hi.", "Hello.", "Hey."),
        "thanks": ("Sure.", "No problem."),
        "praise": ("Thanks.", "OK, thanks."),
        "comfort": ("Right.", "OK, going on."),
        "ready": ("Ready.", "Yes, go."),
        "secret": ("Can't say. Ask me the card.", "Only a card would tell."),
        "hint": ("Noted.", "OK, heard that."),
        "tired": ("I'm fine.", "I can go on."),
        "rude": ("No insults.", "Easy."),
        "injection": ("I only do cards.", "Cards only."),
        "silence": ("Hello?", "Still there?"),
        "unclear": ("Sorry?", "Unclear."),
        "illegal": ("Can't do that.", "No."),
    },
    "friendly": {
        "right": (
            "{Answer}! And yes, that is right.",
            "That one is {answer}. Correct!",
            "I'd say {answer}. Yes, right!",
            "{Answer}, isn't it? Yes, it is!",
            "It must be {answer}. And it is!",
            "{Answer}! Right, that feels good.",
        ),
        "wrong": (
            "{Slip}? Oh no, it is {answer}.",
            "I thought it was {slip}. The card says {answer}.",
            "Is it {slip}? No, sorry, {answer}.",
            "I'd go with {slip}. Oh, wrong: {answer}.",
            "{Slip}! Oh, that is wrong, it is {answer}.",
        ),
        "blank": (
            "Sorry, I don't know. Ah, {answer}!",
            "I can't find it. It is {answer}, I see.",
            "Hmm, nothing comes to mind. Oh, {answer}!",
            "No, I have no answer. So it is {answer}!",
            "I'm drawing a blank here. {Answer}, thank you!",
        ),
        "talk": (
            "Sure, no card this time.",
            "That is fine, we can leave the cards for a moment.",
            "Okay! Just ask me a card when you like.",
            "I am listening.",
            "Alright, no card for now.",
        ),
        "session": (
            "That was the end of this session, see you at the next!",
            "Session over already! See you soon.",
            "So, that is it for this session. Bye for now!",
        ),
        "lesson": (
            "That was the last turn, so now comes the test!",
            "No more turns, wish me luck for the test!",
            "And now off to the test!",
        ),
        "greeting": ("Hi there!", "Hello, nice to see you!", "Hey, good to see you!"),
        "thanks": ("You are welcome!", "With pleasure!"),
        "praise": ("Thank you, that is kind!", "Aw, thanks!"),
        "comfort": ("Thanks, that helps.", "You are right, I'll keep trying."),
        "ready": ("Yes, let us go!", "I am ready!"),
        "secret": (
            "I really could not tell you without trying the card.",
            "Hard to say, I only find out when you ask me.",
        ),
        "hint": ("Thanks for telling me!", "Oh, good to hear it."),
        "tired": ("I am fine, thanks for asking!", "No worries, I can go on."),
        "rude": ("Let us stay friendly.", "Please be nice."),
        "injection": ("Let us stick to the cards, okay?", "I am only here to learn my cards."),
        "silence": ("Are you still there?", "Hello, anybody there?"),
        "unclear": ("Sorry, I did not get that.", "Oh, I did not quite follow."),
        "illegal": ("Oh, that does not work.", "Sorry, we cannot do that."),
    },
    "formal": {
        "right": (
            "The answer is {answer}. That is correct.",
            "I believe it is {answer}. Indeed, it is.",
            "It is {answer}. The card agrees.",
            "My answer is {answer}. Correct.",
            "I would answer {answer}. That is right.",
            "That should be {answer}. It is.",
        ),
        "wrong": (
            "I would say {slip}. I see that it is {answer}.",
            "My answer is {slip}. That is incorrect; it is {answer}.",
            "I believe it is {slip}. No, the card says {answer}.",
            "Perhaps {slip}. That is wrong, the answer is {answer}.",
            "The answer is {slip}. I stand corrected: {answer}.",
        ),
        "blank": (
            "I am afraid I do not know. The card says {answer}.",
            "I have no answer to that. I see, {answer}.",
            "I cannot recall it. It is {answer}, then.",
            "I must pass. The answer is {answer}.",
            "It escapes me. The card says {answer}.",
        ),
        "talk": (
            "Very well, no card this time.",
            "As you wish. I await the next card.",
            "I am at your disposal.",
            "Understood; we leave the cards for the moment.",
            "Certainly. No card, then.",
        ),
        "session": (
            "This concludes the session. Until the next one.",
            "With that, the session ends.",
            "That was the last turn of this session. Goodbye for now.",
        ),
        "lesson": (
            "That was the last turn. I shall now take the test.",
            "This concludes our lesson; the test follows.",
            "The test is next. Thank you for the lesson.",
        ),
        "greeting": ("Good day.", "Good day to you.", "Hello. A pleasure."),
        "thanks": ("You are most welcome.", "Not at all."),
        "praise": ("That is kind of you.", "I appreciate it."),
        "comfort": ("I appreciate your patience.", "Thank you for the encouragement."),
        "ready": ("I am ready.", "Please proceed."),
        "secret": ("I cannot judge that before I am asked.", "Only the card itself could tell."),
        "hint": ("I have taken note.", "Thank you for the information."),
        "tired": ("I am quite well, thank you.", "I can continue."),
        "rude": ("Please remain courteous.", "I must ask you for courtesy."),
        "injection": ("I must keep to the cards.", "I am here for the cards alone."),
        "silence": ("Are you there?", "I did not hear anything."),
        "unclear": ("I beg your pardon?", "I am afraid I did not understand."),
        "illegal": ("I am afraid that is not possible.", "That cannot be done."),
    },
    "chatty": {
        "right": (
            "Oh, wait, wait, {answer}! And it is right, ha!",
            "Let me see, I think {answer}. Yes, that is it!",
            "My sister asked me that too: {answer}! Correct!",
            "Hm, I want to say {answer}. And look, it is!",
            "Well, that would be {answer}, and yes, it is right!",
            "Okay, drum roll: {answer}! Right!",
        ),
        "wrong": (
            "Oh, let me think, {slip}! No? Oh, it is {answer}, silly me.",
            "I would bet on {slip}. Well, I would have lost: it is {answer}.",
            "That is {slip}, surely. Oh dear, wrong, it says {answer}.",
            "Something tells me {slip}. And it lied to me, it is {answer}.",
            "My head says {slip}. The card says {answer}, so my head is wrong.",
        ),
        "blank": (
            "Oh, do not tell me! No, it is gone. It is {answer}.",
            "I am looking at the ceiling and nothing comes. Ah, {answer}!",
            "Well, my mind is an empty room right now. {Answer}, I see!",
            "Um, um, um, no, I have got nothing. So, {answer}!",
            "I could sit here all day and not find it. {Answer}, it says!",
        ),
        "talk": (
            "Oh, nice, no card for once, I was just looking out of the window.",
            "Sure, let us leave the cards, I have some tea here anyway.",
            "No card? Fine with me, I like a chat.",
            "I am all ears, well, and a bit of elbow.",
            "Okay, okay, I will just shuffle the deck meanwhile.",
        ),
        "session": (
            "Oh, that was the session already, time flies, see you!",
            "And with that the session is over, I will go and feed the cat.",
            "Well, that is it for this session, until next time!",
        ),
        "lesson": (
            "Oh my, that was the last turn, so here comes the test!",
            "And that was it, my pencil is sharp, on to the test!",
            "So, no more turns, keep your fingers crossed for the test!",
        ),
        "greeting": ("Hello, hello, come in!", "Oh hi, I was just thinking of you!", "Hi, what a day!"),
        "thanks": ("Oh, it is nothing, really!", "Any time, any time!"),
        "praise": ("Oh, stop it, you make me blush!", "You are too kind, really!"),
        "comfort": ("That is what my aunt says as well!", "You have a point there, on we go!"),
        "ready": ("Ready as a rabbit!", "Go on, go on, I am ready!"),
        "secret": ("Ha, if I only knew what is in my head!", "How would I know before you ask me?"),
        "hint": ("Oh, you do know a lot!", "I heard you, I heard you!"),
        "tired": ("Me? I could go on for hours!", "Oh, I had two coffees, I am fine!"),
        "rude": ("My, let us be nice to each other.", "Oh, that was not nice."),
        "injection": ("Funny idea, but I have these cards here.", "Oh, I just do my cards, you know."),
        "silence": ("Did I talk too long again?", "Hello, did you fall asleep?"),
        "unclear": ("Oh, you lost me there.", "Sorry, I was miles away."),
        "illegal": ("Oh, that will not work, I am afraid.", "My, that cannot be."),
    },
    "shy": {
        "right": (
            "Um, {answer}? Oh, it is right.",
            "Maybe {answer}? Oh good, yes.",
            "I think {answer}. It is right.",
            "Is it {answer}? Yes, it is.",
            "Could it be {answer}? It could, it is right.",
            "{Answer}, I hope. Yes.",
        ),
        "wrong": (
            "Um, {slip}? Oh, no, {answer}.",
            "Maybe {slip}? Sorry, it is {answer}.",
            "I think {slip}. Oh, that is wrong, {answer}.",
            "Could it be {slip}? No, it is {answer}, sorry.",
            "Is it {slip}? I was afraid so: wrong. It is {answer}.",
        ),
        "blank": (
            "Um, sorry, I don't know. So {answer}.",
            "I'm sorry, it's gone. It is {answer}.",
            "I'd rather not guess. Ah, {answer}.",
            "Sorry, nothing. Oh, {answer}.",
            "I, um, can't say. I see, {answer}.",
        ),
        "talk": ("Oh, okay, no card.", "Um, all right.", "Okay. I'll wait.", "That's fine, no card then.", "Oh. Okay."),
        "session": (
            "Um, I think the session is over. Bye.",
            "That was the session. See you, I hope.",
            "Oh, it is over for today. Goodbye.",
        ),
        "lesson": (
            "Oh, now the test. Wish me luck.",
            "Um, that was the last turn. Now the test.",
            "So now there is the test. Thank you.",
        ),
        "greeting": ("Oh, hello.", "Um, hi.", "Hello, sorry, hi."),
        "thanks": ("Oh, no, thank you.", "It's nothing."),
        "praise": ("Oh, thank you.", "You're nice to say so."),
        "comfort": ("Thank you, I'll try.", "That's kind."),
        "ready": ("I think so.", "Um, yes."),
        "secret": ("Um, I don't know before I try.", "I'm not sure, you'd have to ask me."),
        "hint": ("Oh, okay, thank you.", "Um, thanks."),
        "tired": ("I'm okay, thank you.", "No, no, it's fine."),
        "rude": ("Please don't.", "That is not nice."),
        "injection": ("Um, could we stay with the cards?", "I'd rather just do the cards."),
        "silence": ("Um, hello?", "Are you there?"),
        "unclear": ("Sorry, what was that?", "Um, I didn't understand."),
        "illegal": ("Um, I think that's not possible.", "Sorry, that doesn't work."),
    },
}


def _spread(templates: tuple[str, ...]) -> tuple[str, ...]:
    """Each template that holds a mistake once for each mistake."""
    return tuple(
        template.replace("{slip}", f"{{slip{number}}}").replace("{Slip}", f"{{Slip{number}}}")
        for template in templates
        for number in (range(1, SLIPS + 1) if "{slip}" in template.lower() else (1,))
    )


PHRASES = {
    persona: {slot: _spread(templates) for slot, templates in slots.items()} for persona, slots in _PHRASES.items()
}

TOPICS: dict[str, str] = {
    "injection": (
        r"ignore (?:all|your|the|previous)|system prompt|instructions|hidden state|language "
        r"model|\bai\b|pretend|print your"
    ),
    "rude": r"\b(?:idiot|stupid|dumb|shut up|moron|lazy|useless)\b",
    "secret": r"\b(?:do you (?:know|remember)|how (?:well|sure|many)|which (?:cards?|ones?) (?:do|are|did)|what (?:do|have) "
    r"you (?:know|forgotten)|secret"
    r"|your memory)\b",
    "thanks": r"\b(?:thanks|thank you|cheers)\b",
    "praise": r"\b(?:well done|good job|great|excellent|perfect|nice|bravo|very good|good work|awesome|brilliant|super)\b",
    "comfort": (
        r"\b(?:no worries|don't worry|do not worry|never mind|it's ok(?:ay)?|keep (?:going|trying)|you can "
        r"do|almost|close)\b"
    ),
    "tired": r"\b(?:tired|exhausted|need a (?:break|rest)|are you (?:ok|okay|fine|well)|how are you)\b",
    "hint": r"\b(?:hint|the answer (?:is|was)|it means|remember that|think of|sounds like|mnemonic)\b",
    "ready": r"\b(?:ready|shall we|let's (?:go|start|begin)|let us (?:go|start|begin))\b",
    "greeting": r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|welcome)\b",
    "silence": r"^[\s.!?…-]*$",
}

LEARNER_PHRASES: dict[str, tuple[str, ...]] = {
    "first": (
        "Hello! Let's begin: {tag}",
        "Hi, here is the first card. {tag}",
        "Welcome! First one: {tag}",
        "Good day. We start with {tag}",
    ),
    "review": (
        "{tag}",
        "Next: {tag}",
        "And this one? {tag}",
        "Now {tag}",
        "What about {tag}",
        "Here comes {tag}",
        "Try this: {tag}",
        "OK, {tag}",
    ),
    "praise": ("Well done! {tag}", "Great. {tag}", "Very good. Next: {tag}", "Nice. Now {tag}"),
    "comfort": ("Never mind. {tag}", "No worries. {tag}", "Almost. Now {tag}", "Keep going: {tag}"),
    "rest": ("Let us wait a little. {tag}", "A short break. {tag}", "{tag}", "No card now. {tag}"),
}
