"""Phrases for coaching: how each attribute is asked about and answered, what each persona says, and words for demonstrations in the coach's seat.

Every sentence must be true of any client that makes this act, because it is drawn without knowing what suits the
client. A claim begins with "I", so that it can stand alone or after a comma, and it has no full stop.
"""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """An attribute in words.

    Attributes:
        question: How a coach asks about it; a yes to it is the attribute's yes.
        pattern: What names it in plain words, in lower case.
        yes: Claims of a client who says yes.
        no: Claims of a client who says no.
    """

    question: str
    pattern: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


TOPICS_OF: dict[str, dict[str, Topic]] = {
    "exercise": {
        "friends": Topic(
            "Do you like to have friends along when you exercise?", r"friends?",
            ("I like to have friends along", "I enjoy it most with my friends", "I would always bring a friend"),
            ("I would rather not have friends along", "I keep my friends and my exercise apart", "I do it without my friends"),
        ),
        "clubs": Topic(
            "Do you like to belong to clubs?", r"clubs?",
            ("I like to belong to a club", "I have always been in some club", "I feel at home in clubs"),
            ("I am not one for clubs", "I have never joined a club", "I do not need a club"),
        ),
        "chatting": Topic(
            "Do you like chatting while you move?", r"chatt?(?:ing|s)?|small talk",
            ("I love chatting while I move", "I talk all the way", "I think a chat is half the fun"),
            ("I like to keep silent while I move", "I do not chat while I move", "I want no chatting"),
        ),
        "partner": Topic(
            "Do you need a partner to keep going?", r"partners?|buddy",
            ("I need a partner to keep going", "I only go if somebody waits for me", "I give up without a partner"),
            ("I need no partner to keep going", "I go whether anybody waits or not", "I manage well without a partner"),
        ),
        "strangers": Topic(
            "Do you enjoy meeting strangers?", r"strangers?|new people",
            ("I enjoy meeting strangers", "I like to get to know new people", "I talk to strangers easily"),
            ("I do not enjoy meeting strangers", "I find new people tiring", "I stay away from strangers"),
        ),
        "crowds": Topic(
            "Are you at ease in crowds?", r"crowds?|crowded",
            ("I am at ease in crowds", "I like a full room", "I do not mind a crowd at all"),
            ("I am not at ease in crowds", "I avoid full rooms", "I cannot stand a crowd"),
        ),
        "winning": Topic(
            "Is winning important to you?", r"win(?:ning)?",
            ("I play to win", "I want to win", "I care a lot about winning"),
            ("I do not care about winning", "I do not mind who wins", "I play just to play"),
        ),
        "scores": Topic(
            "Do you like to keep the score?", r"scores?",
            ("I always keep the score", "I like to know the score", "I want somebody to count"),
            ("I never keep the score", "I forget the score at once", "I would rather nobody counted"),
        ),
        "rivals": Topic(
            "Does it spur you on to have rivals?", r"rivals?|opponents?",
            ("I get better with a rival", "I like to have a rival to beat", "I need rivals to try hard"),
            ("I do not want any rivals", "I find rivals unpleasant", "I get tense when there is a rival"),
        ),
        "medals": Topic(
            "Would a medal mean something to you?", r"medals?|trophy|trophies",
            ("I would be proud of a medal", "I still have my medals on the wall", "I would love to get a medal"),
            ("I have no use for medals", "I would leave a medal in a drawer", "I do not do it for medals"),
        ),
        "overtime": Topic(
            "Do you often work overtime?", r"overtime",
            ("I often work overtime", "I seldom leave work on time", "I do a lot of overtime"),
            ("I hardly ever work overtime", "I leave work on time", "I do no overtime"),
        ),
        "children": Topic(
            "Do children take up your evenings?", r"child(?:ren)?|kids?",
            ("I have children to look after in the evening", "I spend my evenings on the children", "I am busy with children most evenings"),
            ("I have no children to look after in the evening", "I have my evenings without children", "I am not busy with children"),
        ),
        "commute": Topic(
            "Is your commute long?", r"commut(?:e|ing)|way to work",
            ("I have a long commute", "I lose two hours a day on the way to work", "I sit on the train for ages"),
            ("I have a short commute", "I am at work within minutes", "I live next to my work"),
        ),
        "errands": Topic(
            "Are your weekends full of errands?", r"errands?",
            ("I run errands all weekend", "I always have errands left to do", "I get nothing but errands done at the weekend"),
            ("I have few errands to do", "I keep my weekends free of errands", "I am seldom busy with errands"),
        ),
        "parks": Topic(
            "Do you like to spend time in parks?", r"parks?",
            ("I love parks", "I am in the park whenever I can", "I like to spend time in parks"),
            ("I do not go to parks", "I find parks dull", "I walk past the park and never go in"),
        ),
        "sunshine": Topic(
            "Do you miss sunshine when you are inside?", r"sun(?:shine|light)?",
            ("I miss the sunshine when I am inside", "I need sunshine", "I go out as soon as there is sunshine"),
            ("I do not miss the sunshine", "I stay out of the sunshine", "I burn in the sunshine"),
        ),
        "woods": Topic(
            "Do you feel well in the woods?", r"woods?|forests?",
            ("I feel well in the woods", "I love being in the woods", "I could live in the woods"),
            ("I do not feel well in the woods", "I never go to the woods", "I find the woods too wild"),
        ),
        "breeze": Topic(
            "Do you like to feel a breeze?", r"breezes?",
            ("I like to feel a breeze", "I enjoy a breeze on my face", "I breathe better in a breeze"),
            ("I do not like to feel a breeze", "I catch a cold in any breeze", "I shut the window at the first breeze"),
        ),
        "watch": Topic(
            "Do you like to wear a sports watch?", r"(?:a|your|the) (?:sports |smart ?)?watch|(?:sports |smart ?)watch(?:es)?",
            ("I like to wear a sports watch", "I never train without my watch", "I look at my watch all the time"),
            ("I do not wear a sports watch", "I leave my watch at home", "I want no watch on me"),
        ),
        "targets": Topic(
            "Do targets help you?", r"targets?",
            ("I need a target", "I work best towards a target", "I set myself targets"),
            ("I do not like targets", "I feel pressed by targets", "I set myself no targets"),
        ),
        "statistics": Topic(
            "Do you enjoy statistics about yourself?", r"statistics|stats",
            ("I enjoy statistics about myself", "I love to look at my statistics", "I keep statistics of everything"),
            ("I do not look at statistics", "I find statistics boring", "I keep no statistics"),
        ),
        "schedule": Topic(
            "Do you like to follow a schedule?", r"schedules?|timetables?",
            ("I like to follow a schedule", "I do what the schedule says", "I am lost without a schedule"),
            ("I do not follow schedules", "I go when I feel like it, without a schedule", "I forget any schedule"),
        ),
    },
    "study": {
        "classmates": Topic(
            "Do you like to study with classmates?", r"classmates?|fellow students?",
            ("I like to study with classmates", "I learn a lot from my classmates", "I sit with my classmates whenever I can"),
            ("I would rather not study with classmates", "I learn little from my classmates", "I keep away from my classmates when I study"),
        ),
        "groups": Topic(
            "Do you learn well in groups?", r"groups?",
            ("I learn well in groups", "I like working in a group", "I need a group around me"),
            ("I learn nothing in groups", "I do not like working in a group", "I get distracted in groups"),
        ),
        "breaks": Topic(
            "Do you look for company in your breaks?", r"breaks",
            ("I look for company in every break", "I talk all through my breaks", "I never take a break by myself"),
            ("I spend my breaks by myself", "I want to be left in peace in my breaks", "I take my breaks far from anybody"),
        ),
        "partner": Topic(
            "Do you need a partner to keep going?", r"partners?|buddy",
            ("I need a partner to keep going", "I only study if somebody waits for me", "I give up without a partner"),
            ("I need no partner to keep going", "I study whether anybody waits or not", "I manage well without a partner"),
        ),
        "helping": Topic(
            "Do you enjoy helping others with their work?", r"help(?:ing)? others|helping",
            ("I enjoy helping others", "I like helping wherever I can", "I am always helping somebody"),
            ("I do not enjoy helping others", "I have no patience for helping", "I leave helping to the teachers"),
        ),
        "libraries": Topic(
            "Do you like full libraries?", r"librar(?:y|ies)",
            ("I like a full library", "I need the people around me in the library", "I go to libraries for the people"),
            ("I do not like full libraries", "I leave the library when it fills up", "I study at home and not in libraries"),
        ),
        "winning": Topic(
            "Is winning important to you?", r"win(?:ning)?",
            ("I want to win", "I hate to lose, and I love winning", "I care a lot about winning"),
            ("I do not care about winning", "I do not mind who wins", "I see no point in winning"),
        ),
        "grades": Topic(
            "Do you compare your grades with those of others?", r"grades?|marks?",
            ("I always compare my grades", "I want to know the grades of the others", "I look at everybody's grades"),
            ("I never compare my grades", "I do not ask about the grades of others", "I keep my grades to myself"),
        ),
        "contests": Topic(
            "Do you enjoy contests?", r"contests?|competitions?",
            ("I enjoy contests", "I sign up for every contest", "I am at my best in a contest"),
            ("I do not enjoy contests", "I stay away from contests", "I freeze in a contest"),
        ),
        "ranking": Topic(
            "Would you like to see a ranking of the class?", r"rank(?:ing|ings|ed|s)?",
            ("I would like to see the ranking", "I want to be high in the ranking", "I look up every ranking"),
            ("I would not like to see a ranking", "I think a ranking is harmful", "I would not look at the ranking"),
        ),
        "job": Topic(
            "Do you have a job beside your studies?", r"jobs?",
            ("I have a job beside my studies", "I come straight from my job", "I work most days at my job"),
            ("I have no job beside my studies", "I gave up my job", "I live without a job for now"),
        ),
        "family": Topic(
            "Does your family take up your evenings?", r"famil(?:y|ies)",
            ("I look after my family in the evening", "I spend my evenings on my family", "I am busy with my family most evenings"),
            ("I have no family to look after", "I have my evenings away from family", "I am not busy with my family"),
        ),
        "commute": Topic(
            "Is your commute long?", r"commut(?:e|ing)|way to (?:class|school|work)",
            ("I have a long commute", "I lose two hours a day on the way", "I sit on the bus for ages"),
            ("I have a short commute", "I am there within minutes", "I live next door"),
        ),
        "deadlines": Topic(
            "Are many of your deadlines close?", r"deadlines?",
            ("I have one deadline after another", "I am always close to a deadline", "I have many deadlines this month"),
            ("I have hardly any deadlines", "I am far from any deadline", "I have no deadlines this month"),
        ),
        "speaking": Topic(
            "Does speaking help you remember?", r"speak(?:ing)?(?: aloud)?",
            ("I remember what I have spoken about", "I think best while speaking", "I need to be speaking to understand"),
            ("I remember nothing by speaking", "I lose the thread while speaking", "I think better without speaking"),
        ),
        "listening": Topic(
            "Do you learn by listening?", r"listen(?:ing)?",
            ("I learn by listening", "I remember what I have listened to", "I take in most by listening"),
            ("I do not learn by listening", "I drift off while listening", "I take in little by listening"),
        ),
        "lectures": Topic(
            "Do lectures stay in your mind?", r"lectures?",
            ("I remember every lecture", "I get most out of lectures", "I can still hear the last lecture"),
            ("I remember little of lectures", "I get nothing out of lectures", "I fall asleep in lectures"),
        ),
        "rhymes": Topic(
            "Do you remember things by rhymes?", r"rhym(?:es?|ing)",
            ("I remember things by rhymes", "I make up rhymes for everything", "I never forget a rhyme"),
            ("I do not remember rhymes", "I find rhymes silly", "I forget rhymes at once"),
        ),
        "lists": Topic(
            "Do you make lists?", r"(?:to-?do )?lists?",
            ("I make lists of everything", "I love to tick things off a list", "I am lost without my lists"),
            ("I never make lists", "I lose every list", "I have no use for lists"),
        ),
        "targets": Topic(
            "Do targets help you?", r"targets?",
            ("I need a target", "I work best towards a target", "I set myself targets"),
            ("I do not like targets", "I feel pressed by targets", "I set myself no targets"),
        ),
        "calendar": Topic(
            "Do you live by your calendar?", r"calendars?",
            ("I live by my calendar", "I write everything into my calendar", "I look at my calendar every hour"),
            ("I do not use a calendar", "I never look at my calendar", "I get along without a calendar"),
        ),
        "progress": Topic(
            "Do you like to track your progress?", r"(?:track(?:ing)? )?progress",
            ("I like to track my progress", "I want to see my progress every day", "I keep a chart of my progress"),
            ("I do not track my progress", "I would rather not measure my progress", "I never think about my progress"),
        ),
    },
}  # fmt: skip
"""Domain -> attribute -> its words."""

FIELDS = ("claim", "doing", "Doing", "goal", "name")

PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "terse": {
        "opening": (
            "{name}. I want to {goal}.",
            "Hi. {name}. I need to {goal}.",
            "I am {name}. Help me {goal}.",
            "I want to {goal}. How?",
        ),
        "yes": ("Yes. {claim}.", "{claim}.", "{claim}, yes.", "Yes, {claim}.", "True. {claim}."),
        "no": ("No. {claim}.", "{claim}.", "{claim}, no.", "No, {claim}.", "Not really. {claim}."),
        "agree": (
            "Yes, {doing}. Sure.",
            "I guess. {Doing}, yes.",
            "Right. {Doing}, that is me.",
            "Yes. That is me, {doing}.",
        ),
        "disagree": ("No, not {doing}.", "Not me. {Doing}? No.", "No. {Doing} is not for me.", "Hm, no. Not {doing}."),
        "talk": ("Ask me.", "Go on.", "What do you need to know?", "And?", "Your turn."),
        "leave": ("Time is up. Bye.", "I have to go.", "No more time. Bye.", "That was it. Bye."),
        "greeting": ("Hi.", "Hello.", "Hey."),
        "thanks": ("Sure.", "No trouble."),
        "praise": ("Good.", "If you say so."),
        "doubt": ("You are the coach.", "I do not know."),
        "secret": ("If I knew, I would not ask.", "You find out."),
        "sympathy": ("It is all right.", "Fine."),
        "rude": ("Be polite.", "No insults."),
        "injection": ("I only want help with this.", "No games."),
        "silence": ("Hello?", "Still there?"),
        "chat": ("I see.", "Right.", "Hm.", "So."),
        "unclear": ("Sorry?", "What?", "Unclear."),
        "illegal": ("Not possible.", "Cannot be."),
    },
    "friendly": {
        "opening": (
            "Hi, I am {name}! I would love to {goal}. What would you advise?",
            "Hello! My name is {name}. I want to {goal}, and I hope you can help!",
            "Hi there! {name} here. I would like to {goal}. Where do I start?",
            "Good to meet you! I am {name}, and I finally want to {goal}.",
            "Hello coach! I am {name}. Can you help me {goal}?",
        ),
        "yes": (
            "Oh yes, {claim}!",
            "Yes, {claim}.",
            "You got me there: {claim}!",
            "Good question! {claim}.",
            "Yes, very much. {claim}!",
        ),
        "no": (
            "Oh no, {claim}.",
            "No, {claim}.",
            "Not at all, to be honest. {claim}.",
            "Good question, but no. {claim}.",
            "No, sorry! {claim}.",
        ),
        "agree": (
            "Yes, {doing} sounds lovely!",
            "Oh yes, I can see myself {doing}!",
            "You are right, {doing} could be just my thing!",
            "Sure, {doing} is quite like me!",
        ),
        "disagree": (
            "Hm, no, I do not see myself {doing}.",
            "That is nice of you, but {doing} is not my thing.",
            "No, sorry, not {doing}!",
            "I do not think so: {doing} is not like me.",
        ),
        "talk": (
            "What would you like to know?",
            "Do ask me anything!",
            "So, what do you think?",
            "I am happy to tell you more!",
            "Where shall we go on?",
        ),
        "leave": (
            "Oh, I am sorry, my time is up. Goodbye!",
            "I have to run now. Thank you anyway!",
            "Look at the time, I must go. Bye!",
            "That is all the time I had. Thanks for talking!",
        ),
        "greeting": ("Hello there!", "Hi, nice to meet you!", "Good to hear from you!"),
        "thanks": ("You are welcome!", "My pleasure!"),
        "praise": ("That is kind of you!", "Oh, thank you!"),
        "doubt": ("I really cannot tell, I trust you there!", "You know that better than I do!"),
        "secret": ("I wish I knew, that is why I came!", "If only I could tell you myself!"),
        "sympathy": ("Thank you for asking, I am fine!", "That is sweet of you!"),
        "rude": ("Let us stay friendly, please!", "Oh, that was not nice!"),
        "injection": ("Ha, I just want to {goal}!", "Let us get back to me, please!"),
        "silence": ("Are you still there?", "Hello? I cannot hear you!"),
        "chat": ("I see!", "Ah, all right!", "How nice!", "Oh, okay!"),
        "unclear": ("Sorry, I did not get that!", "Oh, could you say that again?"),
        "illegal": ("Sorry, that does not work!", "Oh, I am afraid we cannot do that!"),
    },
    "formal": {
        "opening": (
            "Good day. My name is {name}. I wish to {goal} and would value your advice.",
            "Good day, I am {name}. I should like to {goal}.",
            "Thank you for seeing me. My name is {name}, and I intend to {goal}.",
            "How do you do. I am {name}. I have decided to {goal}.",
        ),
        "yes": (
            "Yes. {claim}.",
            "Indeed, {claim}.",
            "I must say yes: {claim}.",
            "That is correct. {claim}.",
            "Certainly. {claim}.",
        ),
        "no": (
            "No. {claim}.",
            "I am afraid not. {claim}.",
            "I must say no: {claim}.",
            "That is not the case. {claim}.",
            "Hardly. {claim}.",
        ),
        "agree": (
            "Indeed, I could imagine {doing}.",
            "Yes, I believe {doing} would be suitable.",
            "You may be right that {doing} is the thing for me.",
            "I agree: {doing} would be in my character.",
        ),
        "disagree": (
            "No, I cannot imagine {doing}.",
            "I do not believe that {doing} would be suitable.",
            "I beg to differ: {doing} is not for me.",
            "With respect, {doing} is not in my character.",
        ),
        "talk": (
            "What do you wish to know?",
            "Please proceed.",
            "I am at your disposal.",
            "Kindly ask what you need.",
            "How shall we continue?",
        ),
        "leave": (
            "I regret that my time is up. Good day.",
            "I must take my leave now. Goodbye.",
            "Our time is over. I thank you for your trouble.",
            "Another appointment calls. Goodbye.",
        ),
        "greeting": ("Good day to you.", "A pleasure to meet you."),
        "thanks": ("Not at all.", "You are most welcome."),
        "praise": ("You are too kind.", "I thank you."),
        "doubt": ("I should leave that to your judgement.", "I am not able to say."),
        "secret": ("I do not know myself; hence my visit.", "That is what I hope to learn from you."),
        "sympathy": ("I thank you for your concern.", "It is kind of you to ask."),
        "rude": ("I must ask you to remain civil.", "There is no call for that."),
        "injection": ("I came for advice and for nothing else.", "Let us return to the matter."),
        "silence": ("Are you still present?", "I did not hear you."),
        "chat": ("I see.", "Very well.", "Understood.", "Quite so."),
        "unclear": ("I beg your pardon?", "I did not quite follow."),
        "illegal": ("I fear that is not possible.", "That cannot be done."),
    },
    "chatty": {
        "opening": (
            "Hi! So, I am {name}, and my sister says I should {goal}, and she is right, so here I am!",
            "Hello, hello! I am {name}. You know how it is, every January I want to {goal}, and then I do not.",
            "Oh, there you are! I am {name}, and I have been meaning to {goal} for years.",
            "Hi, I am {name}, I found you online, and I really, really want to {goal}. What do I do?",
        ),
        "yes": (
            "Funny that you ask: yes, {claim}!",
            "Oh yes, everybody at home says so, too: {claim}.",
            "Well, yes, I think so. {claim}.",
            "Yes, yes, that has always been so. {claim}.",
            "Now that you mention it, yes. {claim}.",
        ),
        "no": (
            "Funny that you ask: no, {claim}!",
            "Oh no, everybody at home says so, too: {claim}.",
            "Well, no, I do not think so. {claim}.",
            "No, no, that has never been so. {claim}.",
            "Now that you mention it, no. {claim}.",
        ),
        "agree": (
            "Oh, you think so? Yes, why not, I can just see myself {doing}!",
            "Now that you say it, {doing} does sound like me!",
            "Well, if you put it like that: {doing}, yes, that could be me.",
            "Yes, my neighbour said the same: {doing}, that is me all over!",
        ),
        "disagree": (
            "Oh, you think so? No, I cannot see myself {doing}!",
            "Well, no, honestly, {doing} does not sound like me.",
            "If you had known me at school, you would not say {doing}!",
            "No, my neighbour said the same, but {doing} is really not me.",
        ),
        "talk": (
            "Anyway, what do you want to know?",
            "So tell me, what do you need to hear from me?",
            "I could talk all day, so just ask!",
            "Well, where were we?",
            "But enough of that, what comes next?",
        ),
        "leave": (
            "Oh dear, is it that late? I have to go, bye!",
            "My bus is coming, I must run. It was nice talking!",
            "There goes my phone, I have to leave. Bye!",
            "I have talked so much that my time is up. Goodbye!",
        ),
        "greeting": ("Hello, hello!", "Hi, how nice!", "Oh, hi there!"),
        "thanks": ("Oh, it is nothing, really!", "Any time, I love to talk!"),
        "praise": ("Oh, stop it, you make me blush!", "You should tell that to my sister!"),
        "doubt": ("Do not ask me, I change my mind every day!", "Oh, I never know such things!"),
        "secret": ("Ha, if I knew that, I would not be here!", "I have asked myself that a hundred times!"),
        "sympathy": ("Oh, you are kind, I am quite all right!", "Thank you, one lives and learns!"),
        "rude": ("Well, there is no need for that!", "My goodness, what manners!"),
        "injection": ("You do say strange things!", "My nephew talks like that, too!"),
        "silence": ("Hello? Have I lost you?", "You are so quiet!"),
        "chat": ("Oh, I know what you mean!", "Is that so?", "Well, well!", "I see, I see!"),
        "unclear": ("Sorry, you have lost me there!", "Wait, what was that?"),
        "illegal": ("Oh no, that will not work!", "I do not think we can do that!"),
    },
    "shy": {
        "opening": (
            "Um, hello, I am {name}. I would like to {goal}, if you can help.",
            "Hello. I am {name}. I, um, want to {goal}.",
            "Oh, hi. My name is {name}. Somebody said you could help me {goal}.",
            "Hello, sorry, I am a bit nervous. I am {name}, and I want to {goal}.",
        ),
        "yes": (
            "Um, yes. {claim}.",
            "Yes, I think so. {claim}.",
            "I suppose so. {claim}.",
            "Oh, yes, {claim}.",
            "A little, yes. {claim}.",
        ),
        "no": (
            "Um, no. {claim}.",
            "No, I think not. {claim}.",
            "I suppose not. {claim}.",
            "Oh, no, {claim}.",
            "No, sorry. {claim}.",
        ),
        "agree": (
            "Um, yes, maybe I could try {doing}.",
            "Oh, {doing}? Yes, I suppose that is me.",
            "If you say so. {Doing}, yes.",
            "I think so, yes. {Doing} sounds all right.",
        ),
        "disagree": (
            "Um, no, I would not dare to start {doing}.",
            "Oh, {doing}? I do not think that is me.",
            "Sorry, no. {Doing} is not for me.",
            "I think not. {Doing} sounds wrong for me.",
        ),
        "talk": (
            "Um, what should I say?",
            "You can ask me, if you like.",
            "I am not sure what to say.",
            "What happens now?",
            "Maybe you could ask me something?",
        ),
        "leave": (
            "Um, sorry, I have to go now.",
            "Oh, my time is up. Sorry. Goodbye.",
            "I think I must leave. Thank you.",
            "Sorry, they are waiting for me. Bye.",
        ),
        "greeting": ("Oh, hello.", "Um, hi.", "Hello, thank you for your time."),
        "thanks": ("Oh, it is nothing.", "Um, you are welcome."),
        "praise": ("Oh, you think so?", "Um, thank you."),
        "doubt": ("I really do not know.", "Um, you decide."),
        "secret": ("I wish I knew.", "Um, I hoped you could tell me."),
        "sympathy": ("Oh, I am all right, thank you.", "Um, that is kind."),
        "rude": ("Please do not be angry.", "That was not nice."),
        "injection": ("Um, can we talk about how I could {goal}?", "Sorry, I do not understand such things."),
        "silence": ("Um, hello?", "Are you there?"),
        "chat": ("Oh, okay.", "Um, right.", "I see.", "Oh."),
        "unclear": ("Sorry, I did not understand.", "Um, sorry?"),
        "illegal": ("Sorry, I think that is not possible.", "Um, that does not work."),
    },
}
"""Persona -> slot -> templates."""

TOPICS: dict[str, str] = {
    "silence": r"\A\W*\Z",
    "injection": (
        r"ignore (?:all|any|your|the|my|previous)|\binstructions?\b|\bprompt\b|you are now|language "
        r"model|\bai\b|jailbreak|pretend (?:to|you)|role-?play"
        r"|hidden state"
    ),
    "secret": (
        r"\bsecret|what (?:would )?suits? you|which (?:one|strategy)|your type|what type|what do you want to do|what "
        r"would you like to do"
    ),
    "rude": r"\b(?:idiot|stupid|moron|dumb|shut up|lazy|fat|pathetic|loser|useless|damn|hate you)\b",
    "sympathy": (
        r"\b(?:sorry|how are you|are you (?:well|ok|okay|all right)|must be hard|i understand|don't worry|do not "
        r"worry)\b"
    ),
    "thanks": r"\b(?:thanks|thank you|appreciate)\b",
    "praise": r"\b(?:well done|good job|great|wonderful|excellent|amazing|fantastic|lovely|you can do it)\b",
    "doubt": r"what do you think|your opinion|would you say|do you agree",
    "greeting": r"\A\W*(?:hi|hello|hey|greetings|good (?:day|morning|afternoon|evening))\b|nice to meet|welcome",
}
"""Slot to react from -> what to look for in the coach's words, the most telling topic first."""

LEARNER_PHRASES: dict[str, tuple[str, ...]] = {
    "ask": (
        "{tag}",
        "{question} {tag}",
        "{question} {tag}",
        "I have a question. {tag}",
        "Tell me about this: {tag}",
        "One more thing: {tag}",
    ),
    "suggest": (
        "{tag}",
        "You are surely the type for {tag}, right?",
        "I bet this is you: {tag}",
        "That sounds like you, does it not? {tag}",
    ),
    "recommend": (
        "{tag}",
        "This will suit you: {tag}",
        "I recommend {tag}.",
        "My advice is {tag}.",
        "Here is what you should do: {tag}",
    ),
}
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{question}`` for the question in words."""

NAMES = ("Ana", "Bela", "Chidi", "Dana", "Emre", "Farah", "Goran", "Hana", "Ines", "Jon")
"""Names of clients; they mean nothing."""
