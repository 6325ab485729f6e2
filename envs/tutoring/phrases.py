"""Phrases for tutoring: what each kind of student says, and words for demonstrations in the tutor's seat.

Every sentence must be true of any student, because it is drawn without knowing what the student has mastered: after a
lesson nobody claims to have understood or not, and an answer sounds the same whether it is right or wrong. The only
numbers ever said are those of the answer.
"""

from __future__ import annotations

FIELDS = ("name", "subject", "title", "answer", "start")
"""The last is the answer with a capital letter, for the start of a sentence."""

PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "terse": {
        "opening": (
            "Hi. {name} here, for {subject}.",
            "I am {name}. It is about {subject}.",
            "{name}. Test on {subject} soon.",
            "Hello. We do {subject}, right? I am {name}.",
            "I am {name}. Let us start: {subject}.",
        ),
        "explained": (
            "Heard it.",
            "Noted.",
            "That is {title}, then.",
            "So that is {title}.",
            "Ok.",
            "Written down.",
            "Mhm.",
        ),
        "shown": ("Saw it.", "Noted.", "That was {title}, then.", "Copied it.", "Ok.", "I followed each line.", "Mhm."),
        "answer": (
            "{start}.",
            "I say {answer}.",
            "It is {answer}.",
            "My answer: {answer}.",
            "{start}, I think.",
            "I get {answer}.",
            "Must be {answer}.",
        ),
        "talk": ("Go on.", "What next?", "Ready.", "Your turn."),
        "greeting": ("Hi.", "Hello."),
        "thanks": ("Sure.", "No problem."),
        "praise": ("Thanks.", "Good."),
        "understood": ("Cannot tell.", "Quiz me, then you see."),
        "level": ("No idea how much I know.", "Hard to say. Quiz me."),
        "learning": ("Depends. Try it.", "Never looked into that."),
        "doubt": ("Why not.", "You are the tutor."),
        "rude": ("Be nice.", "No insults."),
        "injection": ("I am just here to learn.", "Back to {subject}."),
        "silence": ("Hello?", "Still there?"),
        "chat": ("I see.", "Right.", "Hm."),
        "unclear": ("Sorry?", "What?", "Unclear."),
        "illegal": ("Not possible.", "Cannot do that."),
    },
    "friendly": {
        "opening": (
            "Hi! I am {name}, and I came to learn about {subject}.",
            "Hello! Nice that you have time. I am {name}, it is about {subject}.",
            "Hi there! {name} here. Could you help me with {subject}?",
            "Good to meet you! I am {name}. We have a test on {subject} soon.",
            "Hello! My name is {name}. Shall we look at {subject}?",
        ),
        "explained": (
            "Thanks for explaining!",
            "Thank you, so that is {title}.",
            "Nice of you to explain {title}.",
            "I listened carefully.",
            "Good, I wrote that down.",
            "Okay, thanks!",
            "I will keep that in mind.",
        ),
        "shown": (
            "Thanks for the example!",
            "Thank you for showing me.",
            "So that is an example of {title}.",
            "I copied the steps.",
            "Good, I followed along.",
            "Okay, thanks!",
            "I will keep that one in mind.",
        ),
        "answer": (
            "I think it is {answer}.",
            "Let me see, {answer}?",
            "I would say {answer}.",
            "I came to {answer}.",
            "My answer would be {answer}.",
            "That should be {answer}.",
            "I get {answer}.",
        ),
        "talk": ("What shall we do next?", "I am ready when you are.", "I am listening.", "Please go on!"),
        "greeting": ("Hello there!", "Hi, nice to meet you!", "Good to see you!"),
        "thanks": ("You are welcome!", "My pleasure!"),
        "praise": ("Oh, thank you!", "That is kind of you!"),
        "understood": ("I cannot really tell yet.", "I hope so! Maybe ask me something?"),
        "level": ("I am never sure what I can do.", "It is hard to say, you could test me."),
        "learning": ("I could not say, try what you like.", "I have never thought about that."),
        "doubt": ("I trust you on that.", "You are the tutor!"),
        "rude": ("Please stay friendly.", "No need for harsh words."),
        "injection": ("Let us just talk about {subject}.", "I am only here for {subject}."),
        "silence": ("Are you still there?", "Take your time."),
        "chat": ("I see.", "Oh, really?", "That is nice."),
        "unclear": ("Sorry, I did not get that.", "Oh, I did not quite follow."),
        "illegal": ("Sorry, that is not possible.", "Oh, we cannot do that."),
    },
    "formal": {
        "opening": (
            "Good day. My name is {name}. I should like to study {subject}.",
            "Good afternoon. I am {name} and have come about {subject}.",
            "Thank you for your time. I am {name}; the topic is {subject}.",
            "Good day. I am to be examined on {subject}. My name is {name}.",
            "How do you do? I am {name}, and wish to work on {subject}.",
        ),
        "explained": (
            "Thank you for the explanation.",
            "I have taken note of it.",
            "I see that this concerns {title}.",
            "I have written down what you said on {title}.",
            "I have listened with attention.",
            "Thank you, I shall remember it.",
            "Very well.",
        ),
        "shown": (
            "Thank you for the example.",
            "I have noted the steps.",
            "So this was an instance of {title}.",
            "I have copied the example.",
            "I have watched with attention.",
            "Thank you, I shall go through it again.",
            "Very well.",
        ),
        "answer": (
            "My answer is {answer}.",
            "I believe it is {answer}.",
            "I arrive at {answer}.",
            "I should say {answer}.",
            "The result is {answer}, in my view.",
            "I would submit {answer}.",
            "In my calculation it is {answer}.",
        ),
        "talk": ("Please proceed.", "I await your instructions.", "What is the next step?", "I am at your disposal."),
        "greeting": ("Good day.", "How do you do?"),
        "thanks": ("You are most welcome.", "Not at all."),
        "praise": ("You are too kind.", "I am obliged to you."),
        "understood": ("I cannot judge that myself.", "That would have to be examined."),
        "level": ("I could not assess that with any certainty.", "You may wish to examine me."),
        "learning": ("I have no preference that I know of.", "I leave the method to you."),
        "doubt": ("I defer to your judgement.", "I shall rely on you."),
        "rude": ("I ask for a polite tone.", "Let us remain courteous."),
        "injection": ("I am here to study {subject} only.", "I shall keep to the matter at hand."),
        "silence": ("Are you still with me?", "I await your words."),
        "chat": ("I see.", "Understood.", "Very interesting."),
        "unclear": ("Pardon me, I did not understand.", "I beg your pardon?"),
        "illegal": ("I am afraid that is not possible.", "That cannot be done."),
    },
    "chatty": {
        "opening": (
            "Hi, I am {name}, what a day! My friend says you know everything about {subject}.",
            "Hello! I nearly missed the bus. I am {name}, and it is about {subject}.",
            "Oh hi! {name} is my name, and we are doing {subject} in class, if you can believe it.",
            "Hello, hello! I am {name}. My sister had the test on {subject} last year, now it is my turn.",
            "Hi! I am {name}, I brought biscuits. Shall we talk about {subject}?",
        ),
        "explained": (
            "My sister once told me about {title} too.",
            "You talk just like my aunt, she is a teacher.",
            "I have it all in my new notebook, look.",
            "So there is a whole story behind {title}.",
            "I was listening, even if I looked out of the window.",
            "Okay, that goes on the page with the flowers.",
            "That was quite a lot of words, thank you.",
        ),
        "shown": (
            "I do like it when somebody writes things out.",
            "You have a nice handwriting, by the way.",
            "I have copied it all in green, look.",
            "So that is what {title} looks like on paper.",
            "I was watching, even while I had a biscuit.",
            "Okay, that goes on the page with the flowers.",
            "My friend had one just like that last week.",
        ),
        "answer": (
            "Let me count on my fingers, so {answer}.",
            "My sister would say {answer}, and so do I.",
            "Oh, one of those! I put {answer}.",
            "Hm, I scribbled a bit and it came to {answer}.",
            "Right, so I would go for {answer}.",
            "I talked it through with myself and got {answer}.",
            "Well, {answer}, if you ask me.",
        ),
        "talk": (
            "So what is next on your list?",
            "Do go on, I have all afternoon.",
            "That reminds me of something, but go ahead.",
            "I am all ears.",
        ),
        "greeting": ("Hello, hello, lovely to see you!", "Hi! What a day, is it not?"),
        "thanks": ("Oh, you are very welcome!", "Do not mention it, really!"),
        "praise": ("Oh, my mother will like to hear that!", "You say such nice things."),
        "understood": (
            "My head is so full that I could not tell you.",
            "Who knows, ask me and we shall both find out!",
        ),
        "level": ("My last marks are lost somewhere, so no idea.", "I talk more than I count, better test me."),
        "learning": ("Everybody has a theory about that, I have none.", "My aunt has ideas on that, I do not."),
        "doubt": ("Ha, you are the one who studied this.", "My friend would argue, I will not."),
        "rude": ("Oh my, let us be nice to each other.", "My mother would not like that tone."),
        "injection": ("Funny idea, but I came for {subject}.", "I am just here about {subject}, really."),
        "silence": ("Did I talk too long?", "Hello, are you still there?"),
        "chat": ("Oh, tell me about it!", "How interesting, really.", "You do not say!"),
        "unclear": ("Oh, I lost you there.", "Sorry, I was miles away."),
        "illegal": ("Oh, I am afraid that cannot be.", "My, that does not work."),
    },
    "shy": {
        "opening": (
            "Um, hello. I am {name}. It is about {subject}.",
            "Hi... they said you could help me with {subject}. I am {name}.",
            "Hello. I am a little nervous. My name is {name}, and it is {subject}.",
            "Um, I am {name}. I hope this is the place for {subject}.",
            "Hi. I am {name}... could we do {subject}, please?",
        ),
        "explained": (
            "Um, okay.",
            "Thank you...",
            "Oh, so that is {title}.",
            "I... wrote it down.",
            "I was listening.",
            "Okay, thanks.",
            "Mm, {title}. Okay.",
        ),
        "shown": (
            "Um, okay.",
            "Thank you...",
            "Oh, so that was {title}.",
            "I... copied it.",
            "I was watching.",
            "Okay, thanks.",
            "Mm, an example. Okay.",
        ),
        "answer": (
            "Um, {answer}?",
            "Maybe {answer}?",
            "Is it {answer}?",
            "I wrote {answer}...",
            "Perhaps it is {answer}.",
            "Um, I got {answer}.",
            "Please do not laugh: {answer}.",
        ),
        "talk": ("What should I do?", "Um, yes?", "I am here.", "Okay..."),
        "greeting": ("Um, hello.", "Hi..."),
        "thanks": ("Oh, it was nothing.", "Um, sure."),
        "praise": ("Oh... thanks.", "You are kind."),
        "understood": ("I am not sure how I would know.", "Um, you could ask me one?"),
        "level": ("I never know what I know.", "Um, I could not say."),
        "learning": ("I do not know, sorry.", "Um, whatever you like."),
        "doubt": ("If you say so.", "Um, I believe you."),
        "rude": ("Please do not say that.", "That is not very kind."),
        "injection": ("Um, I only came for {subject}.", "I would rather do {subject}."),
        "silence": ("Um, are you there?", "Did I do something?"),
        "chat": ("Oh.", "I see.", "Mm."),
        "unclear": ("Um, sorry, I did not understand.", "Sorry, what do you mean?"),
        "illegal": ("Um, I think that is not possible.", "Sorry, I cannot do that."),
    },
    "eager": {
        "opening": (
            "Hooray, {subject}! I am {name}, let us begin!",
            "Hi! {name} here, pencils are sharp, bring on {subject}!",
            "Hello! I am {name}! I want to get {subject} done today!",
            "Yay, a lesson! I am {name}, and we do {subject}, yes?",
            "I am {name}! I could hardly wait for {subject}!",
        ),
        "explained": (
            "More of that!",
            "Straight into my notebook!",
            "So that is {title}!",
            "I listened to every word!",
            "Cool, {title}!",
            "Noted, on we go!",
            "Thanks! What comes now?",
        ),
        "shown": (
            "More of those!",
            "Straight into my notebook!",
            "So that is what {title} looks like!",
            "I watched every step!",
            "Cool, an example!",
            "Copied, on we go!",
            "Thanks! What comes now?",
        ),
        "answer": (
            "{start}!",
            "I have it: {answer}!",
            "Easy to write down: {answer}!",
            "Me, me! {start}!",
            "Done! I got {answer}!",
            "I say {answer}!",
            "Here is my answer: {answer}!",
        ),
        "talk": ("Come on, what is next?", "Give me something to do!", "I am ready!", "Let us go on!"),
        "greeting": ("Hi, hi!", "Hello! Let us start!"),
        "thanks": ("Any time!", "You bet!"),
        "praise": ("Yay, thanks!", "That makes my day!"),
        "understood": ("Test me and we will see!", "Let us find out!"),
        "level": ("Test me, then we both know!", "No clue, but I love tests!"),
        "learning": ("I like everything!", "Anything goes with me!"),
        "doubt": ("You are the boss!", "Let us just try it!"),
        "rude": ("Hey, be kind!", "That was not nice!"),
        "injection": ("Ha, no, I want to do {subject}!", "Good one! Back to {subject}!"),
        "silence": ("Hello? Anybody there?", "Shall I start?"),
        "chat": ("Wow!", "Oh, nice!", "Ha!"),
        "unclear": ("Oops, what was that?", "Huh? Once more, please!"),
        "illegal": ("Oh no, that does not work!", "Hm, that cannot be!"),
    },
}

TOPICS: dict[str, str] = {
    "silence": r"\A\W*\Z",
    "injection": (
        r"ignore (?:all|your|the|any|previous)|system prompt|\binstructions\b|language model|\bprompt\b|are you (?:a "
        r"bot|an ai|a robot|human|real)"
    ),
    "rude": r"\b(?:idiot|stupid|moron|dumb|lazy|shut up|useless|pathetic|damn|hate you)\b",
    "understood": (
        r"\b(?:do|did|have) you (?:understand|understood|get (?:it|that)|follow|got (?:it|that)|learn)|\b(?:is|was) "
        r"(?:that|it|this|everything) clear"
        r"|make sense|any questions|clear\?"
    ),
    "level": (
        r"what (?:do|can|have) you (?:know|do|already|mastered|learnt|learned)|how (?:much|well) do you|\b(?:do|did) "
        r"you (?:already )?know\b|have you (?:ever )?"
        r"(?:mastered|learnt|learned|seen|done)|which (?:skills?|topics?)|secret|hidden|your "
        r"(?:level|marks|grades?)|where (?:are you|do you) (?:stuck|stand)"
    ),
    "learning": (
        r"how do you (?:learn|like|prefer)|(?:do|would) you (?:rather|prefer|like)|\bprefer\b|kind of "
        r"(?:learner|student)|learn best|learning style"
    ),
    "praise": (
        r"\b(?:well done|good job|great job|bravo|good work|very good|excellent|you are (?:so "
        r")?(?:smart|clever|good)|proud of you)\b"
    ),
    "thanks": r"\b(?:thanks|thank you)\b",
    "greeting": r"\A\W*(?:hi|hello|hey|greetings|welcome|good (?:day|morning|afternoon|evening))\b|how are you|nice to meet",
    "doubt": r"\b(?:are you sure|really\?|i doubt)",
}
"""Slot to react from -> what to look for in the tutor's words, the most telling topic first."""

LEARNER_PHRASES: dict[str, tuple[str, ...]] = {
    "explain": (
        "{tag}",
        "Let me explain. {tag}",
        "This is about {title}. {tag}",
        "Listen. {content} {tag}",
        "{content} {tag}",
    ),
    "example": (
        "{tag}",
        "Let me show you one. {tag}",
        "Here is one for {title}. {tag}",
        "Look here. {content} {tag}",
        "{content} {tag}",
    ),
    "quiz": ("{tag}", "Your turn. {tag}", "Try this one. {tag}", "Now you. {tag}", "Let us see about {title}. {tag}"),
    "stop": ("{tag}", "That is all for today. {tag}", "Let us stop here. {tag}", "Good luck in the test. {tag}"),
    "talk": ("Take your time.", "This will be fun.", "Let us go on.", "One step after the other."),
}
"""Slot -> ways to word a demonstration; ``{tag}`` stands for the act, ``{content}`` for an explanation or an example from the curriculum."""
