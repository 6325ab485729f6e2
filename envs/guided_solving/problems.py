"""What students are stuck on in guided solving: problems of three steps, with the help that a tutor can give for each."""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """One step of a problem. No text holds square brackets, because those would be tags.

    Attributes:
        goal: What is to be done, as a verb phrase: it reads well after "you have to".
        result: The right result; it reads well after "I get".
        nudge: A leading question.
        hint: The idea, without the result.
        worked: The step worked out, with the result.
        wrong: Results that a student may get by plausible mistakes.
    """

    goal: str
    result: str
    nudge: str
    hint: str
    worked: str
    wrong: tuple[str, ...]


class Problem(NamedTuple):
    """A problem; the result of its last step is the final answer.

    Attributes:
        name: One word, unique.
        subject: What it is about.
        text: The problem as it is set.
        steps: Its steps, in order.
    """

    name: str
    subject: str
    text: str
    steps: tuple[Step, ...]

    @property
    def answer(self) -> str:
        """The final answer."""
        return self.steps[-1].result


PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "fruit", "arithmetic",
        "Apples cost 3 dollars a bag and pears 4 dollars a bag. Mia buys 5 bags of apples and 2 bags of pears and pays "
        "with a 50-dollar note. How much change "
        "does she get?",
        (
            Step("find what the apples cost", "15 dollars", "How many bags of apples are there, and what does each one cost?",
                 "Multiply the number of bags by the price of a bag.", "5 bags at 3 dollars each cost 5 times 3, which is 15 dollars.",
                 ("8 dollars", "12 dollars", "20 dollars")),
            Step("find what everything costs", "23 dollars", "What else does she buy besides the apples?",
                 "Find the price of the pears in the same way, and add it to the price of the apples.",
                 "The pears cost 2 times 4, which is 8 dollars, so everything costs 15 plus 8, which is 23 dollars.",
                 ("19 dollars", "21 dollars", "8 dollars")),
            Step("find the change", "27 dollars", "What happens to the money that she does not have to pay?",
                 "Take what everything costs away from what she pays with.", "She pays with 50 dollars, so she gets 50 minus 23, which is 27 dollars.",
                 ("33 dollars", "37 dollars", "73 dollars")),
        ),
    ),
    Problem(
        "train", "arithmetic",
        (
        "A train leaves at 9:40. It covers 180 km at 90 km per hour, waits 15 minutes at the border, and needs 35 "
        "minutes more. When does it arrive?"
    ),
        (
            Step("find how long the first 180 km take", "2 hours", "How far does the train get in one hour?",
                 "Time is distance divided by speed.", "180 km at 90 km per hour take 180 divided by 90, which is 2 hours.",
                 ("90 minutes", "half an hour", "20 minutes")),
            Step("find how long the whole journey takes", "2 hours and 50 minutes", "Which parts does the journey have?",
                 "Add the wait and the last part to the time for the first 180 km.", "2 hours, 15 minutes and 35 minutes make 2 hours and 50 minutes.",
                 ("2 hours and 35 minutes", "2 hours and 15 minutes", "3 hours and 50 minutes")),
            Step("find when the train arrives", "12:30", "When would it arrive if it took exactly 3 hours?",
                 "Start from 9:40, add the hours first and then the minutes.", "2 hours after 9:40 it is 11:40, and 50 minutes later it is 12:30.",
                 ("11:90", "12:20", "13:30")),
        ),
    ),
    Problem(
        "paint", "arithmetic",
        "A wall is 6 m long and 2.5 m high, and it has a window of 3 square metres. A litre of paint covers 4 square "
        "metres. How many litres do two "
        "coats take?",
        (
            Step("find the area to be painted", "12 square metres", "Is every bit of that wall painted?",
                 "Multiply length by height, and take the window away.", "The wall has 6 times 2.5, which is 15 square metres; without the window that is 12.",
                 ("15 square metres", "18 square metres", "5.5 square metres")),
            Step("find the area of two coats", "24 square metres", "How often is the same wall painted?",
                 "A second coat is the same area once more.", "Two coats of 12 square metres are 2 times 12, which is 24 square metres.",
                 ("14 square metres", "6 square metres", "144 square metres")),
            Step("find how many litres that takes", "6 litres", "How far does one litre go?",
                 "Divide the area by what one litre covers.", "24 square metres divided by 4 square metres a litre is 6 litres.",
                 ("96 litres", "20 litres", "3 litres")),
        ),
    ),
    Problem(
        "jacket", "arithmetic",
        (
        "A jacket costs 80 dollars. It is reduced by 25 percent, and at the till 10 percent of the reduced price are "
        "taken off. What does it cost in the end?"
    ),
        (
            Step("find the first reduction", "20 dollars", "What fraction is 25 percent?",
                 "25 percent is a quarter, so divide the price by 4.", "A quarter of 80 dollars is 80 divided by 4, which is 20 dollars.",
                 ("25 dollars", "55 dollars", "2 dollars")),
            Step("find the reduced price", "60 dollars", "Does a reduction make the price larger or smaller?",
                 "Take the reduction away from the old price.", "80 dollars minus 20 dollars is 60 dollars.",
                 ("100 dollars", "20 dollars", "55 dollars")),
            Step("find the final price", "54 dollars", "Which price are the 10 percent taken off?",
                 "Find a tenth of the reduced price and take it away.", "A tenth of 60 dollars is 6 dollars, and 60 minus 6 is 54 dollars.",
                 ("52 dollars", "50 dollars", "6 dollars")),
        ),
    ),
    Problem(
        "rice", "arithmetic",
        (
        "A recipe for 4 people takes 300 g of rice. Rice is sold in packs of 500 g. How many packs do you have to buy "
        "for 14 people?"
    ),
        (
            Step("find how much rice one person gets", "75 g", "How many people share the 300 g?",
                 "Divide the rice of the recipe by the number of people it is for.", "300 g divided by 4 people is 75 g a person.",
                 ("1200 g", "70 g", "300 g")),
            Step("find how much rice 14 people need", "1050 g", "If you know it for one person, how do you get it for many?",
                 "Multiply the rice of one person by the number of people.", "14 people need 14 times 75 g, which is 1050 g.",
                 ("4200 g", "980 g", "89 g")),
            Step("find how many packs to buy", "3 packs", "Can you buy a part of a pack?",
                 "Divide by what a pack holds, and round up, because there must be enough.", "1050 g are 2.1 packs of 500 g, so you have to buy 3 packs.",
                 ("2 packs", "2.1 packs", "4 packs")),
        ),
    ),
    Problem(
        "brackets", "algebra",
        "Solve 3(x - 2) + 4 = 19 for x.",
        (
            Step("multiply out and tidy the left side", "3x - 2 = 19", "What does the 3 in front of the bracket do to each term inside?",
                 "Multiply both terms in the bracket by 3, then put the plain numbers together.", "3(x - 2) is 3x - 6, and with the 4 it becomes 3x - 2 = 19.",
                 ("3x + 2 = 19", "3x - 6 = 19", "3x - 10 = 19")),
            Step("get the term with x alone", "3x = 21", "What stands beside 3x, and how could you get rid of it?",
                 "Add the same number to both sides, so that only 3x is left.", "Adding 2 to both sides of 3x - 2 = 19 gives 3x = 21.",
                 ("3x = 17", "3x = 19", "x = 21")),
            Step("solve for x", "x = 7", "What does 3x mean, written with a times sign?",
                 "Divide both sides by the number in front of x.", "Dividing both sides of 3x = 21 by 3 gives x = 7.",
                 ("x = 63", "x = 18", "x = 24")),
        ),
    ),
    Problem(
        "consecutive", "algebra",
        "The sum of three consecutive whole numbers is 72. What is the largest of them?",
        (
            Step("write the sum as an equation, with n for the smallest number", "3n + 3 = 72", "If the smallest is n, what are the next two called?",
                 "The numbers are n, n + 1 and n + 2; add them up.", "n plus n + 1 plus n + 2 is 3n + 3, so 3n + 3 = 72.",
                 ("3n = 72", "n + 3 = 72", "3n + 2 = 72")),
            Step("find the smallest number", "n = 23", "What has to go first if you want n alone?",
                 "Take 3 away from both sides, then divide by 3.", "3n is 72 minus 3, which is 69, so n = 23.",
                 ("n = 24", "n = 25", "n = 69")),
            Step("find the largest number", "25", "Which of the three numbers is n?",
                 "The largest number is two more than the smallest.", "The largest number is n + 2, which is 23 plus 2, so 25.",
                 ("24", "26", "23")),
        ),
    ),
    Problem(
        "pair", "algebra",
        "Two numbers x and y satisfy x + y = 11 and x - y = 3. What is their product?",
        (
            Step("find x", "x = 7", "What happens to y if you put the two equations together?",
                 "Add the two equations: y drops out.", "Adding the equations gives 2x = 14, so x = 7.",
                 ("x = 14", "x = 8", "x = 4")),
            Step("find y", "y = 4", "Where could you use the x that you know?",
                 "Put x into the first equation.", "7 + y = 11 gives y = 4.",
                 ("y = 18", "y = 10", "y = -4")),
            Step("find the product", "28", "What does one do with two numbers to get their product?",
                 "Multiply x by y.", "7 times 4 is 28.",
                 ("11", "21", "24")),
        ),
    ),
    Problem(
        "quadratic", "algebra",
        "What is the larger solution of x^2 - 5x + 6 = 0?",
        (
            Step("find two numbers with product 6 and sum -5", "-2 and -3", "What must the signs be if the product is positive and the sum negative?",
                 "Both numbers are negative; go through the pairs with product 6.", "-2 times -3 is 6 and -2 plus -3 is -5, so they are -2 and -3.",
                 ("2 and 3", "-1 and -6", "1 and -6")),
            Step("write the left side as a product", "(x - 2)(x - 3)", "Where do the two numbers go if the product begins with x in each bracket?",
                 "Each number stands beside an x in a bracket of its own.", "With -2 and -3 the left side is (x - 2)(x - 3).",
                 ("(x + 2)(x + 3)", "(x - 1)(x - 6)", "x(x - 5)")),
            Step("find the larger solution", "x = 3", "When is a product zero?",
                 "One of the brackets must be zero; solve each and compare.", "x - 2 = 0 gives 2 and x - 3 = 0 gives 3, so the larger solution is x = 3.",
                 ("x = -2", "x = 6", "x = 5")),
        ),
    ),
    Problem(
        "line", "algebra",
        "A straight line passes through the points (1, 2) and (3, 8). What is y at x = 5?",
        (
            Step("find the slope", "3", "How much does y grow from one point to the other, and how much x?",
                 "The slope is the growth of y divided by the growth of x.", "y grows by 6 while x grows by 2, so the slope is 6 divided by 2, which is 3.",
                 ("6", "2", "1/3")),
            Step("find the equation of the line", "y = 3x - 1", "What does the equation of any straight line look like?",
                 "Write y = 3x + b and put one of the points in to get b.", "At x = 1 the line has y = 2, so 2 = 3 + b, b is -1, and y = 3x - 1.",
                 ("y = 3x + 1", "y = 3x + 2", "y = 3x")),
            Step("find y at x = 5", "14", "What does x stand for in the equation?",
                 "Put 5 in the place of x.", "3 times 5 minus 1 is 14.",
                 ("15", "16", "12")),
        ),
    ),
    Problem(
        "summation", "Python",
        "This function should add the whole numbers from 1 to n, so total(4) should be 10. Find the bug.\n"
        "def total(n):\n    s = 0\n    for i in range(n):\n        s = s + i\n    return s",
        (
            Step("say which values i takes for n = 4", "0, 1, 2, 3", "Where does range begin to count?",
                 "range(n) begins at 0 and leaves n out.", "range(4) begins at 0 and stops before 4, so i is 0, 1, 2, 3.",
                 ("1, 2, 3, 4", "0, 1, 2, 3, 4", "1, 2, 3")),
            Step("say what total(4) returns now", "6", "What is added to s each time round the loop?",
                 "Add up the values that i takes.", "0 + 1 + 2 + 3 is 6, so total(4) returns 6.",
                 ("10", "4", "3")),
            Step("mend the range", "range(1, n + 1)", "Which number is missing in the sum?",
                 "range takes a first value, and a stop that it leaves out.", "To count from 1 up to and including n, the loop needs range(1, n + 1).",
                 ("range(1, n)", "range(n + 2)", "range(0, n)")),
        ),
    ),
    Problem(
        "letters", "Python",
        "This function should count how often a letter occurs, so count('banana', 'a') should be 3. Find the bug.\n"
        "def count(word, letter):\n    found = 0\n    for c in word:\n        if c == letter:\n            found = 1\n"
        "    return found",
        (
            Step("say how often the condition is true for 'banana' and 'a'", "3 times", "What is c, each time round the loop?",
                 "c goes through the letters of the word one by one; look at how many are an a.", "The letters are b, a, n, a, n, a, so it is true 3 times.",
                 ("6 times", "once", "2 times")),
            Step("say what the function returns now", "1", "What happens to found when the condition is true for a second time?",
                 "The line forgets what was in found before.", "Each time found is set to 1 again, so the function returns 1.",
                 ("3", "0", "2")),
            Step("mend the line inside the condition", "found = found + 1", "What should happen to the number found so far?",
                 "Use the old value of found to make the new one.", "It has to grow by one each time, so the line must be found = found + 1.",
                 ("found = 3", "found = letter", "found = c + 1")),
        ),
    ),
    Problem(
        "average", "Python",
        "This function should return the mean of three numbers, so mean(3, 6, 9) should be 6. Find the bug.\n"
        "def mean(a, b, c):\n    return a + b + c / 3",
        (
            Step("say which part is computed first", "c / 3", "Does Python go strictly from left to right?",
                 "Division comes before addition.", "Division binds more tightly than addition, so c / 3 comes first.",
                 ("a + b", "a + b + c", "b + c")),
            Step("say what mean(3, 6, 9) returns now", "12", "What are the three things that get added?",
                 "Compute the division, then add a and b.", "9 / 3 is 3, and 3 + 6 + 3 is 12.",
                 ("6", "18", "9")),
            Step("mend the line", "return (a + b + c) / 3", "How do you make Python add before it divides?",
                 "Brackets are computed first; put the sum in brackets.", "With the sum in brackets it is return (a + b + c) / 3.",
                 ("return a + (b + c) / 3", "return (a + b) + c / 3", "return a / 3 + b + c")),
        ),
    ),
    Problem(
        "halving", "Python",
        "This function should count how often n can be halved before it reaches 1, so halvings(8) should be 3. Find "
        "the bug.\n"
        "def halvings(n):\n    steps = 0\n    while n > 1:\n        n = n // 2\n    steps = steps + 1\n    return "
        "steps",
        (
            Step("say which values n takes in the loop after 8", "4, 2, 1", "What does the line inside the loop do to n?",
                 "Halve n until it is no longer greater than 1.", "8 is halved to 4, then to 2, then to 1, where the loop ends: 4, 2, 1.",
                 ("4, 2", "7, 6, 5", "4, 2, 1, 0")),
            Step("say what halvings(8) returns now", "1", "Which lines belong to the loop?",
                 "Look at the indentation: only indented lines are repeated.", "steps = steps + 1 is not indented, so it runs once and the function returns 1.",
                 ("3", "0", "8")),
            Step("say where the line steps = steps + 1 belongs", "inside the loop", "How often should that line run?",
                 "It should run once for each halving.", "It has to run with every halving, so it belongs inside the loop.",
                 ("before the loop", "after the return", "at the very top")),
        ),
    ),
    Problem(
        "largest", "Python",
        "This function should return the largest of three numbers, so largest(1, 2, 3) should be 3. Find the bug.\n"
        "def largest(a, b, c):\n    big = a\n    if b > big:\n        big = b\n    elif c > big:\n        big = c\n   "
        " return big",
        (
            Step("say what big is after the first condition, for 1, 2 and 3", "2", "What is compared with what there?",
                 "big starts as a; see whether b is greater.", "big starts as 1, b is 2 and greater, so big becomes 2.",
                 ("1", "3", "0")),
            Step("say which of the two conditions are looked at", "only b > big", "When is an elif looked at?",
                 "An elif is looked at only if the conditions before it were false.", "b > big was true, so c is never looked at: only b > big.",
                 ("both of them", "only c > big", "neither of them")),
            Step("say what must stand in place of elif", "if", "How could you make Python look at both conditions?",
                 "The second condition should not depend on the first.", "Both comparisons must be made, so it must be a plain if.",
                 ("else", "while", "return")),
        ),
    ),
    Problem(
        "car", "physics",
        "A car drives at 72 km per hour. How many metres does it cover in 5 seconds?",
        (
            Step("find how many metres it drives in an hour", "72,000 m", "How many metres are there in a kilometre?",
                 "Multiply the kilometres by 1,000.", "72 km are 72 times 1,000, which is 72,000 m.",
                 ("7,200 m", "0.072 m", "720 m")),
            Step("find how many metres it drives in a second", "20 m", "How many seconds does an hour have?",
                 "Divide the metres of an hour by 3,600 seconds.", "72,000 m divided by 3,600 is 20 m each second.",
                 ("1,200 m", "259 m", "2 m")),
            Step("find how many metres it drives in 5 seconds", "100 m", "What happens in each of the 5 seconds?",
                 "Multiply the metres of a second by 5.", "5 seconds at 20 m each are 5 times 20, which is 100 m.",
                 ("4 m", "25 m", "360 m")),
        ),
    ),
    Problem(
        "density", "physics",
        (
        "A metal block measures 2 cm by 3 cm by 5 cm and has a mass of 81 g. What is its density in kg per cubic "
        "metre?"
    ),
        (
            Step("find the volume of the block", "30 cubic centimetres", "What do you do with the three lengths?",
                 "Multiply length, width and height.", "2 times 3 times 5 is 30 cubic centimetres.",
                 ("10 cubic centimetres", "31 cubic centimetres", "60 cubic centimetres")),
            Step("find the density in g per cubic centimetre", "2.7", "What does density compare?",
                 "Density is mass divided by volume.", "81 g divided by 30 cubic centimetres is 2.7.",
                 ("0.37", "2,430", "51")),
            Step("convert the density to kg per cubic metre", "2,700", "How many cubic centimetres fit into a cubic metre?",
                 "A cubic metre has a million cubic centimetres, and a kilogram has 1,000 grams.",
                 "A million times 2.7 g is 2,700,000 g, and that is 2,700 kg for each cubic metre.",
                 ("0.0027", "270", "2,700,000")),
        ),
    ),
    Problem(
        "kettle", "physics",
        "A kettle of 2,000 W runs for 3 minutes. How much energy is that in kilowatt hours?",
        (
            Step("convert the power to kilowatts", "2 kW", "What does the k in kW stand for?",
                 "A kilowatt is 1,000 watts.", "2,000 W divided by 1,000 is 2 kW.",
                 ("20 kW", "0.2 kW", "2,000,000 kW")),
            Step("convert the time to hours", "0.05 hours", "How many minutes does an hour have?",
                 "Divide the minutes by 60.", "3 minutes divided by 60 is 0.05 hours.",
                 ("0.3 hours", "180 hours", "0.03 hours")),
            Step("find the energy", "0.1 kWh", "Which two quantities are in the name of the unit?",
                 "Energy is power times time.", "2 kW times 0.05 hours is 0.1 kWh.",
                 ("40 kWh", "2.05 kWh", "6 kWh")),
        ),
    ),
    Problem(
        "salt", "chemistry",
        "How many grams of table salt (58.5 g per mole) are needed for 500 ml of a solution with 0.2 mol per litre?",
        (
            Step("convert the volume to litres", "0.5 litres", "How many millilitres make a litre?",
                 "Divide the millilitres by 1,000.", "500 ml divided by 1,000 is 0.5 litres.",
                 ("5 litres", "0.05 litres", "500,000 litres")),
            Step("find how many moles are needed", "0.1 mol", "How much salt would a whole litre need?",
                 "Multiply the moles per litre by the litres.", "0.2 mol per litre times 0.5 litres is 0.1 mol.",
                 ("0.4 mol", "0.7 mol", "100 mol")),
            Step("find the mass of the salt", "5.85 g", "What does one mole of it weigh?",
                 "Multiply the moles by the mass of a mole.", "0.1 mol times 58.5 g per mole is 5.85 g.",
                 ("585 g", "58.6 g", "0.58 g")),
        ),
    ),
    Problem(
        "water", "chemistry",
        "A glass holds 36 g of water. A mole of water has 18 g, and each molecule has two hydrogen atoms and an oxygen "
        "atom. How much hydrogen (1 g per "
        "mole) is in it?",
        (
            Step("find how many moles of water there are", "2 mol", "What does one mole of water weigh?",
                 "Divide the mass by the mass of a mole.", "36 g divided by 18 g per mole is 2 mol.",
                 ("0.5 mol", "18 mol", "648 mol")),
            Step("find how many moles of hydrogen atoms there are", "4 mol", "How many hydrogen atoms does each molecule bring along?",
                 "Each mole of water holds two moles of hydrogen atoms.", "2 mol of water hold 2 times 2, which is 4 mol of hydrogen atoms.",
                 ("2 mol", "6 mol", "1 mol")),
            Step("find the mass of the hydrogen", "4 g", "What does a mole of hydrogen atoms weigh?",
                 "Multiply the moles of hydrogen by the mass of a mole.", "4 mol times 1 g per mole is 4 g.",
                 ("12 g", "18 g", "2 g")),
        ),
    ),
)  # fmt: skip
"""At least four of each of arithmetic, algebra, Python and science."""
