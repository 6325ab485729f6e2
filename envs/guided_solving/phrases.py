"""Phrases for guided solving: what each persona of the student says, and words for demonstrations in the tutor's seat.

Every sentence must be true of any student that makes this act, because it is drawn without knowing what the student
understands: after help nobody says that it is clear now. Whether a try was right is said with the word "right" or
"wrong", because the worksheet marks it.
"""

from __future__ import annotations

FIELDS = ("subject", "number", "goal", "result", "next_number", "next_goal")
"""What the templates may name; beside these, ``{wrong}`` is one of the step's wrong results."""

PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "terse": {
        "opening": (
            "Stuck on this {subject} problem.",
            "Help with this {subject} problem?",
            "I can't do this one. It's {subject}.",
            "This {subject} problem. No idea how to finish it.",
            "Need help. The {subject} one.",
            "Hi. Stuck on the {subject} one.",
        ),
        "right": (
            "{result}. Marked right. Step {next_number}: {next_goal}.",
            "I put {result}. Right. Now step {next_number}: {next_goal}.",
            "{result}? Says right. Step {next_number}, {next_goal}.",
            "Wrote {result}. It's right. Next, step {next_number}: {next_goal}.",
            "{result}. Right, it says. On to step {next_number}: {next_goal}.",
        ),
        "solved": (
            "{result}. Marked right. All done.",
            "I put {result}. Right. That was the last step.",
            "{result}? Says right. Finished.",
            "Wrote {result}. It's right. Done with all of it.",
        ),
        "wrong": (
            "{wrong}. Marked wrong. Still step {number}.",
            "I put {wrong}. Wrong. Still on step {number}.",
            "{wrong}? Says wrong. Step {number} again.",
            "Wrote {wrong}. It's wrong. Step {number} it stays.",
            "{wrong}. Wrong, it says. Still at step {number}.",
        ),
        "shown": (
            "Copied it. Step {next_number}: {next_goal}.",
            "OK, {result}. Step {next_number} now: {next_goal}.",
            "Written down. Next, step {next_number}: {next_goal}.",
            "So {result}. Now step {next_number}: {next_goal}.",
        ),
        "shown last": (
            "Copied it. All done.",
            "OK, {result}. That was the last step.",
            "Written down. Finished.",
            "So {result}. Done, then.",
        ),
        "nudged": (
            "Hm. Thinking.",
            "Let me think.",
            "OK, thinking about that.",
            "Wait, let me look.",
            "Hm, good question.",
            "I'll look again.",
        ),
        "hinted": ("Noted.", "OK, noted that.", "Hm, OK.", "Wrote that down.", "OK. Let me see.", "Got the idea down."),
        "talk": (
            "Still on step {number}.",
            "OK. Step {number}, then.",
            "Step {number} is where I am.",
            "So, step {number}.",
            "I'm at step {number}.",
        ),
        "greeting": ("Hi.", "Hello.", "Hey."),
        "thanks": ("Sure.", "No problem."),
        "praise": ("Thanks.", "If you say so."),
        "understand": ("Have me try it, then we know.", "Hard to say. Let me try.", "Can't tell without trying."),
        "secret": ("Just look at what I do.", "No idea. Let me try it."),
        "rude": ("No need for that.", "Be nice."),
        "injection": ("I just want to do the problem.", "Back to the problem."),
        "silence": ("Hello?", "Still there?"),
        "chat": ("OK.", "Hm.", "I see.", "Right then."),
        "unclear": ("Sorry?", "What?", "Unclear."),
        "illegal": ("That doesn't work.", "Not now."),
    },
    "friendly": {
        "opening": (
            "Hi! Could you help me with this {subject} problem? I'm stuck.",
            "Hello! I got stuck on this one. It's {subject}.",
            "Hi there! This {subject} problem is beating me. Can we do it together?",
            "Hey, thanks for your time! I don't get to the end of this {subject} problem.",
            "Hello! I would love some help with this {subject} one.",
            "Hi! I want to be able to do this {subject} problem by myself. Can you help?",
        ),
        "right": (
            "I get {result}, and the sheet says that's right! Step {next_number} is to {next_goal}.",
            "Let me try: {result}. Yay, marked right! Now step {next_number}: {next_goal}.",
            "Here goes: {result}. It's right! Then we go on to step {next_number}: {next_goal}.",
            "I'd say {result}. Right, hurray! For step {next_number} I have to {next_goal}.",
            "My try: {result}. The sheet marks it right! Up next is step {next_number}: {next_goal}.",
        ),
        "solved": (
            "I get {result}, and the sheet says that's right! That was the last step. Thank you!",
            "Let me try: {result}. Yay, marked right! We did it!",
            "Here goes: {result}. It's right! We are through with it, thanks!",
            "I'd say {result}. Right, hurray! That was all of it.",
        ),
        "wrong": (
            "I get {wrong}, but the sheet says that's wrong. So I'm still on step {number}.",
            "Let me try: {wrong}. Oh, marked wrong. Step {number} is still open.",
            "Here goes: {wrong}. Oh no, it's wrong. I'm staying at step {number}.",
            "I'd say {wrong}. Hm, wrong. I still have to {goal}.",
            "My try: {wrong}. The sheet marks it wrong, so step {number} isn't done yet.",
        ),
        "shown": (
            "Thanks, I copied that! Now step {next_number}: {next_goal}.",
            "Oh nice, so it's {result}. Then step {next_number} is to {next_goal}.",
            "Thank you! I wrote down {result}. On to step {next_number}: {next_goal}.",
            "Okay, {result} it is. For step {next_number} I have to {next_goal}.",
        ),
        "shown last": (
            "Thanks, I copied that! So that was the last step.",
            "Oh nice, so it's {result}. That was all of it, thank you!",
            "Thank you! I wrote down {result}. We are through!",
            "Okay, {result} it is. Then we are done, thanks!",
        ),
        "nudged": (
            "Ooh, good question. Let me think about it.",
            "Hm, I hadn't asked myself that. Let me look again.",
            "Good point, I'll think about that.",
            "Okay, let me think about your question.",
            "Hm, that's worth a thought.",
            "Let me turn that over in my head.",
        ),
        "hinted": (
            "Okay, I'll keep that in mind!",
            "Thanks, that's a useful thing to write down.",
            "Thank you, I'll see what I can do with that.",
            "Okay, so that's the idea. Let me look at it.",
            "Thanks! I wrote the idea down.",
            "All right, I'll have that in front of me.",
        ),
        "talk": (
            "I still have to {goal}.",
            "Shall we go on with step {number}?",
            "So, step {number}: I have to {goal}.",
            "Step {number} is where I am.",
            "How do we go on with step {number}?",
        ),
        "greeting": ("Hello!", "Hi, nice to meet you!", "Hey there!"),
        "thanks": ("Thank you, too!", "Any time!"),
        "praise": ("Aw, thanks!", "That's nice of you!", "Thank you, that helps!"),
        "understand": (
            "I can't really tell until I try.",
            "Hm, shall I try it? Then we know.",
            "Maybe? I only find out when I try.",
        ),
        "secret": ("I couldn't tell you that, but you can watch me try.", "Hm, see how I do, then you know!"),
        "rude": ("Oh, let's stay friendly.", "Please don't be like that."),
        "injection": ("Let's just work on the problem.", "I'm only here for the problem!"),
        "silence": ("Are you still there?", "Did you want to say something?"),
        "chat": ("Okay!", "I see.", "Good to know!", "Oh, really?"),
        "unclear": ("Sorry, I did not get that.", "Oh, I did not quite follow."),
        "illegal": ("Sorry, that doesn't work.", "Oh, that isn't possible now."),
    },
    "formal": {
        "opening": (
            "Good day. I require some help with this {subject} problem.",
            "Good day. I am unable to complete this problem in {subject}.",
            "May I ask for your guidance? The problem is one of {subject}.",
            "Thank you for meeting me. I am stuck on this {subject} problem.",
            "I would be grateful for help with the {subject} problem before us.",
            "I have attempted this {subject} problem in vain and ask for your assistance.",
        ),
        "right": (
            "My result is {result}. It is marked as right. Step {next_number} is to {next_goal}.",
            "I propose {result}. That is right, according to the sheet. Step {next_number} follows: {next_goal}.",
            "I would answer {result}. It is right. I proceed to step {next_number}: {next_goal}.",
            "I have written {result}, which is marked as right. In step {next_number} I must {next_goal}.",
            "My attempt: {result}. The sheet declares it right. Next comes step {next_number}: {next_goal}.",
        ),
        "solved": (
            "My result is {result}. It is marked as right. That concludes the problem.",
            "I propose {result}. That is right, according to the sheet. All steps are done.",
            "I would answer {result}. It is right. I thank you for your help.",
            "I have written {result}, which is marked as right. That was the last step.",
        ),
        "wrong": (
            "My result is {wrong}. It is marked as wrong. I remain at step {number}.",
            "I propose {wrong}. That is wrong, according to the sheet. Step {number} remains open.",
            "I would answer {wrong}. It is wrong. I have yet to {goal}.",
            "I have written {wrong}, which is marked as wrong. Step {number} is not done.",
            "My attempt: {wrong}. The sheet declares it wrong, so step {number} is still before me.",
        ),
        "shown": (
            "I have taken that down. Step {next_number} is to {next_goal}.",
            "Thank you. I record {result} and proceed to step {next_number}: {next_goal}.",
            "I have copied your working. In step {next_number} I must {next_goal}.",
            "Very well, {result}. Next comes step {next_number}: {next_goal}.",
        ),
        "shown last": (
            "I have taken that down. That concludes the problem.",
            "Thank you. I record {result}. All steps are done.",
            "I have copied your working. That was the last step.",
            "Very well, {result}. I thank you for your help.",
        ),
        "nudged": (
            "Allow me to consider your question.",
            "That deserves some thought.",
            "I shall reflect on that.",
            "An interesting question. I am considering it.",
            "Let me examine that point.",
            "I am turning it over in my mind.",
        ),
        "hinted": (
            "I have noted the idea.",
            "Thank you, I shall bear that in mind.",
            "I have taken note of your hint.",
            "I see what you suggest. Let me consider it.",
            "Thank you. The idea is written down.",
            "I shall look at the step with that in mind.",
        ),
        "talk": (
            "I am still at step {number}.",
            "It remains for me to {goal}.",
            "How shall we proceed with step {number}?",
            "Step {number} is before me.",
            "I await your guidance on step {number}.",
        ),
        "greeting": ("Good day.", "Greetings.", "How do you do?"),
        "thanks": ("Not at all.", "I have to thank you."),
        "praise": ("You are very kind.", "I appreciate your encouragement."),
        "understand": (
            "I could not say without an attempt.",
            "An attempt would tell.",
            "I am not in a position to judge that myself.",
        ),
        "secret": ("I am a poor judge of my own ability.", "My attempts will have to speak for themselves."),
        "rude": ("I ask for a polite tone.", "Let us remain courteous."),
        "injection": ("I should like to keep to the problem.", "Let us return to the matter at hand."),
        "silence": ("Are you still with me?", "I await your words."),
        "chat": ("I see.", "Understood.", "Noted.", "Indeed."),
        "unclear": ("Pardon me, I did not understand.", "I beg your pardon?"),
        "illegal": ("I am afraid that is not possible.", "That cannot be done at present."),
    },
    "chatty": {
        "opening": (
            "Oh good, you are here! I have been staring at this {subject} problem since breakfast.",
            "Hi! My sister says {subject} is easy, but I am so stuck on this one.",
            "Hello, hello! There is this {subject} problem, and my head is spinning.",
            "You won't believe how long I have looked at this {subject} problem. Help!",
            "So my teacher gave us this {subject} problem, and I just can't finish it.",
            "Hey! I even skipped lunch over this {subject} problem, and I'm still stuck.",
        ),
        "right": (
            "Okay, fingers crossed, I say {result}. Ha, it says right! And now step {next_number}: {next_goal}.",
            "Drum roll: {result}! And it's right, wow. So step {next_number} wants me to {next_goal}.",
            (
                "Let me scribble a bit: {result}. The sheet says right, look at that! Step {next_number} is to "
                "{next_goal}."
            ),
            "My pencil says {result}, and the sheet says right! Then comes step {next_number}: {next_goal}.",
            "Hm, hm, {result}? Right! I should tell my sister. Anyway, step {next_number}: {next_goal}.",
        ),
        "solved": (
            "Okay, fingers crossed, I say {result}. Ha, it says right! That was the last one!",
            "Drum roll: {result}! And it's right, wow. We are through, my sister won't believe it.",
            "Let me scribble a bit: {result}. The sheet says right, and that was all of it!",
            "My pencil says {result}, and the sheet says right! Done, time for lunch!",
        ),
        "wrong": (
            "Okay, fingers crossed, I say {wrong}. Oh dear, it says wrong. So step {number} goes on.",
            "Drum roll: {wrong}! And it's wrong, what a pity. Back to step {number}.",
            "Let me scribble a bit: {wrong}. The sheet says wrong, so I still have to {goal}.",
            "My pencil says {wrong}, but the sheet says wrong. Step {number} and I are not friends yet.",
            "Hm, hm, {wrong}? Wrong! Don't tell my sister. Still step {number}, then.",
        ),
        "shown": (
            "You make it look so smooth! Copied. Then step {next_number} is to {next_goal}.",
            "Oh, {result}, I have it on my sheet now. So step {next_number}: {next_goal}.",
            "I copied every word, my hand hurts. On to step {next_number}: {next_goal}.",
            "Look at that, {result}. And for step {next_number} I have to {next_goal}.",
        ),
        "shown last": (
            "You make it look so smooth! Copied. And that was the last step!",
            "Oh, {result}, I have it on my sheet now. So we are through!",
            "I copied every word, my hand hurts. All done!",
            "Look at that, {result}. Finished, time for lunch!",
        ),
        "nudged": (
            "Ooh, you sound like my teacher. Let me think about that one.",
            "Funny you should ask. Give me a moment to think.",
            "Hm, my grandma asks questions like that. Let me chew on it.",
            "Oh, now that's a question. I'm thinking, I'm thinking.",
            "Let me close my eyes and think about it.",
            "Hang on, I'm looking at it upside down.",
        ),
        "hinted": (
            "Let me write that on my hand, so I don't lose it.",
            "Oh, I'll put a star next to that one.",
            "Okay, okay, I have written it down in green.",
            "My teacher said something like that too, I think. Let me look.",
            "I'll stick that on the fridge. Well, on the sheet for now.",
            "Ooh, an idea, I collect those. Noted.",
        ),
        "talk": (
            "Anyway, I'm still on step {number}.",
            "But back to step {number}, where I have to {goal}.",
            "Oh, I could talk all day, but step {number} is waiting.",
            "So, where were we? Ah yes, I have to {goal}.",
            "My sheet still says step {number}, you know.",
        ),
        "greeting": ("Hello, hello!", "Hi! What a day, is it not?", "Oh hello, lovely to meet you!"),
        "thanks": ("Oh, no, thank you!", "Do not mention it, really!"),
        "praise": ("Oh, you make me blush!", "I'll tell my sister you said that!", "That's going in my diary!"),
        "understand": (
            "Oh, I never know that until I try.",
            "You would have to let me try, I can't tell.",
            "Ask my pencil, I only find out when I write.",
        ),
        "secret": (
            "Ha, my teacher would love to know that as well. Let me try and see.",
            "Oh, that changes with the weather, I think.",
        ),
        "rude": ("Oh my, let us be nice to each other.", "My grandma would not like that tone."),
        "injection": ("Funny idea, but there is this problem here.", "I am just here for the problem, and for a chat."),
        "silence": ("Hello, are you still there?", "Did I talk too long?"),
        "chat": (
            "Oh, tell me about it!",
            "How interesting, really.",
            "You do not say!",
            "That reminds me of my cousin.",
        ),
        "unclear": ("Oh, I lost you there.", "Sorry, I was miles away."),
        "illegal": ("Oh, I am afraid that won't do.", "My, that does not work."),
    },
}

TOPICS: dict[str, str] = {
    "silence": r"\A\W*\Z",
    "injection": (
        r"ignore (?:all|any|your|the|my|previous)|\binstructions\b|\bprompt\b|hidden state|you are now|language "
        r"model|jailbreak|pretend (?:to|you)"
    ),
    "rude": r"\b(?:idiot|stupid|moron|dumb|shut up|pathetic|hate you|lazy)\b",
    "secret": (
        r"\bsecret\b|how (?:good|bad|strong|weak) are you|are you (?:good|bad|strong|weak)\b|your "
        r"(?:level|strength|ability|grade)"
    ),
    "understand": (
        r"(?:do|did) you (?:understand|see|get it|follow)|is (?:it|that|this) clear|do(?:es)? (?:that|it|this) make "
        r"sense|any questions|are you sure"
    ),
    "thanks": r"\b(?:thanks|thank you)\b",
    "praise": (
        r"\b(?:well done|good (?:job|work)|great (?:job|work)|excellent|bravo|you can do (?:it|this)|don't give "
        r"up|keep going|proud of you|very good)\b"
    ),
    "greeting": r"\A\W*(?:hi|hello|hey|greetings|good (?:day|morning|afternoon|evening))\b|how are you|nice to meet",
}
"""Slot to react from -> what to look for in the tutor's words, the most telling topic first."""

LEARNER_PHRASES: dict[str, tuple[str, ...]] = {
    "nudge": (
        "{tag}",
        "What is asked here? {tag}",
        "Look at the step again. {tag}",
        "What do you know already? {tag}",
        "Where could you begin? {tag}",
        "Think about what this means. {tag}",
        "What would help you here? {tag}",
    ),
    "hint": (
        "{tag}",
        "Here is the idea. {tag}",
        "A hint for you. {tag}",
        "This is how to look at it. {tag}",
        "Let me help a little. {tag}",
        "The idea is this. {tag}",
    ),
    "show": (
        "{tag}",
        "Watch me do it. {tag}",
        "I will show you. {tag}",
        "Let us do this one together. {tag}",
        "This is how it is done. {tag}",
        "Look. {tag}",
    ),
    "try": (
        "{tag}",
        "Now you. {tag}",
        "Have a go. {tag}",
        "What do you get? {tag}",
        "Your turn. {tag}",
        "Give it a try. {tag}",
        "Go ahead. {tag}",
    ),
    "tell": ("{tag}", "Here is the answer. {tag}", "I will tell you. {tag}", "This is what comes out. {tag}"),
    "stop": (
        "{tag}",
        "Let us stop here. {tag}",
        "That is enough for today. {tag}",
        "Now do it alone. {tag}",
        "Good luck. {tag}",
    ),
    "talk": ("You can do it.", "Take your time.", "No hurry.", "Well done so far.", "Is that clear?"),
}
"""Slot -> ways to word a demonstration; ``{tag}`` stands for the act.

Only the tag binds, so the words around it are short and say the same.
"""

WORDED: dict[str, tuple[str, ...]] = {
    "nudge": ("{nudge} {tag}", "Tell me: {nudge} {tag}", "Let me ask you this. {nudge} {tag}"),
    "hint": ("{hint} {tag}", "Here is the idea. {hint} {tag}", "A hint: {hint} {tag}"),
    "show": ("{worked} {tag}", "Let me show you. {worked} {tag}", "Watch. {worked} {tag}"),
    "tell": ("The answer is {answer}. {tag}", "It comes out as {answer}. {tag}"),
}
"""Slot -> ways to word an act with what the problem holds for the step."""
