"""What people said about the High Street."""

from opm.comments.models import Act
from opm.demo.voices.shapes import Afterwards, Said

SAID = {
    "six-saturdays": [
        Said(
            name="Harriet Voss",
            at=(0, "12:10"),
            text=(
                "I have the ironmonger’s at No. 21, and my father had it before me. Nobody carries a bag of cement to "
                "the bus.\n\n"
                "You would call it fair if half of us lost five in a hundred. I would be in that half every time, "
                "with the vacuum man and the pet food. For you these are six Saturdays. For me a Saturday is a third "
                "of the week."
            ),
        ),
        Said(
            name="Tomas Eide",
            at=(0, "13:02"),
            text=(
                "Six is timid. Wherever this was done, people came. Close it, and leave it closed.\n\n"
                "And what are those two bays for? That is a loophole. Let two cars in and there will be twenty."
            ),
        ),
        Said(
            name="Gwen Parry",
            at=(0, "15:40"),
            answers=2,
            text=(
                "The loophole is me. I have a blue badge and a chair with wheels. From the cones to the chemist’s it "
                "is 310 metres, and half of them are cobbles. I go on Saturdays because that is when my daughter can "
                "drive me."
            ),
        ),
        Said(
            name="Tomas Eide",
            at=(0, "17:15"),
            answers=3,
            text=(
                "I did not mean you, and I am sorry. But there is the taxi rank at the market, and the pavement is "
                "smooth from there. Could it not be done from the rank?"
            ),
        ),
        Said(
            name="Gwen Parry",
            at=(0, "19:50"),
            answers=4,
            text="Come and try it. I have a second chair. Saturday at eleven, at the rank. Bring gloves.",
        ),
        Said(
            name="Tomas Eide",
            at=(0, "21:05"),
            answers=5,
            text="All right. I will be there.",
        ),
        Said(
            name="Sunil Wray",
            at=(1, "07:30"),
            text=(
                "I taught mathematics at the college for thirty years, so forgive me. You mean to compare six "
                "Saturdays with the six before them. If the sun shines on the ones and not on the others, you will "
                "have measured the sun, very carefully.\n\n"
                "Take twelve Saturdays. Close the street on six of them, and let a hat decide which. It is the "
                "cheapest improvement that money can buy."
            ),
        ),
        Said(
            name="Piotr Lund",
            at=(1, "09:20"),
            answers=7,
            text=(
                "That is better than what we had, and I wish that it were ours. Its price is twelve weeks instead of "
                "six, and the bus company wants to know its Saturdays well ahead. Would it spoil anything to draw all "
                "twelve at once, in public, and print the list?"
            ),
        ),
        Said(
            name="Sunil Wray",
            at=(1, "10:05"),
            answers=8,
            text=(
                "Not at all. But draw in pairs, or the hat may give you six in a row and an early winter. Take two "
                "Saturdays at a time, and let it say only which of the two comes first."
            ),
        ),
        Said(
            name="Harriet Voss",
            at=(1, "12:40"),
            answers=7,
            text=(
                "So now it is twelve weeks of cones. And on whose figures? What I take on a Saturday is my own "
                "business, and my landlord would dearly like it to be his."
            ),
        ),
        Said(
            name="Ines Calder",
            at=(1, "14:10"),
            answers=10,
            text=(
                "Nobody here would see it, your landlord least of all. The auditor is not one of us. She opens the "
                "envelopes, works out one percentage for each shop, and burns them. We get the percentages without "
                "the names, unless somebody wants theirs printed."
            ),
        ),
        Said(
            name="Gwen Parry",
            at=(8, "10:20"),
            by="Ines Calder",
            text=(
                "For the record. From the rank to the chemist’s: nineteen minutes, with two rests. He did not know "
                "about the drain cover outside No. 30. He does now.\n\n"
                "From a bay at the door it is one minute and a half, and nobody learns any new words."
            ),
        ),
        Said(
            name="Tomas Eide",
            at=(8, "11:15"),
            by="Ines Calder",
            answers=12,
            text=(
                "Nineteen minutes, and it hurts to type this. I called it a loophole. I take that back. I was wrong, "
                "and not by a little: the two bays have to stay where they are.\n\n"
                "I still want the street closed for good. But I had been thinking of a street without cars in it, and "
                "not of who would be in it then."
            ),
        ),
        Said(
            name="Harriet Voss",
            at=(8, "12:31"),
            by="Ines Calder",
            answers=13,
            text="Well. That is more than I have heard from anybody in eleven years of town meetings.",
        ),
        Said(
            name="R. Cutler",
            at=(8, "20:02"),
            by="Piotr Lund",
            answers=14,
            text=(
                "She has been overcharging this town for nails since before I was born, like her father, and now she "
                "is scared that somebody might walk past to a better shop. That whole family is the same."
            ),
            afterwards=Afterwards(
                act=Act.REMOVE,
                at=(9, "08:40"),
                by="Ines Calder",
                rule=3,
                note=(
                    "What nails cost is a fair subject, and one of us should not have let the rest through last night. "
                    "Leave out the family and you are welcome back."
                ),
            ),
        ),
        Said(
            name="Harriet Voss",
            at=(8, "21:10"),
            answers=15,
            text="I have had worse across the counter, and sold him the nails. But my father is not here to answer.",
        ),
        Said(
            name="Devan Rook",
            at=(9, "18:25"),
            text=(
                "Has anybody asked the drivers? Two minutes round by Station Road is about right at ten in the "
                "morning. At four, when the football is out, it is nine. Put somebody at the junction, or you will "
                "lose the row about buses and blame it on the cones."
            ),
        ),
        Said(
            name="Piotr Lund",
            at=(10, "09:05"),
            answers=17,
            text=(
                "Nobody had. Our two minutes were driven on a Tuesday. There will be somebody at the junction from "
                "three, and the day’s football goes into the table beside the weather."
            ),
        ),
        Said(
            name="Mina Okafor",
            at=(10, "12:50"),
            text=(
                "My children are four and six. I have never once let go of a hand in that street. You could count "
                "that, you know: how many small children are being held."
            ),
        ),
        Said(
            name="Ines Calder",
            at=(10, "15:30"),
            answers=19,
            text=(
                "We would not have thought of that in a year. It goes in: hands, at three doors, every hour. I have no "
                "idea what it will tell us, and cannot wait."
            ),
        ),
        Said(
            name="Albert Dunmore",
            at=(11, "08:15"),
            text="Count how many sit down, too. You will find it easy. There is nothing to sit on.",
        ),
        Said(
            name="Harriet Voss",
            at=(13, "19:45"),
            text=(
                "I have slept on it, and Mr Wray was in for hinges.\n\n"
                "I still think that I shall lose, about nine in a hundred, and I want it written down today that I "
                "said so. But a hat cannot be talked round, by me or by anyone. If it is drawn in public, in pairs, "
                "and the auditor is not yours, you shall have my envelope. Should I be wrong, I will say so here. "
                "Should I be right, I expect the same of you."
            ),
        ),
        Said(
            name="Sunil Wray",
            at=(13, "20:30"),
            answers=22,
            text="A prediction, in writing, before the event! I would frame it. (They are excellent hinges.)",
        ),
        Said(
            name="Ines Calder",
            at=(14, "08:50"),
            answers=22,
            text=(
                "Agreed, all three. The post says so now, with your names on it. And if you are right, you will read "
                "it here, in a table, with the nine in it."
            ),
        ),
        Said(
            name="Tomas Eide",
            at=(14, "12:20"),
            answers=24,
            text="I will hold the hat.",
        ),
        Said(
            name="Les Barrow",
            at=(15, "10:02"),
            text=(
                "I deliver to nine shops in that street. Before ten is fine with me, but three of them are not open to "
                "let me in. If they could agree on one door I would leave it all there. Tell them to ring me on 07700 "
                "900147 any day after two."
            ),
            afterwards=Afterwards(
                act=Act.REDACT,
                at=(15, "11:36"),
                by="Ines Calder",
                rule=4,
                note="We took your number out, and have rung the three shops for you. The chandler’s will take it in.",
                left=(
                    "I deliver to nine shops in that street. Before ten is fine with me, but three of them are not "
                    "open to let me in. If they could agree on one door I would leave it all there. Tell them to ring "
                    "me on […] any day after two."
                ),
            ),
        ),
    ],
    "six-saturdays-found": [
        Said(
            name="Harriet Voss",
            at=(0, "18:20"),
            text="Nine. I said nine. The page is up in my window. The barrow squeaks.",
        ),
        Said(
            name="Tomas Eide",
            at=(1, "08:10"),
            answers=1,
            text="Not any more. I have been by with the oil.",
        ),
        Said(
            name="Nadia Ferreira-Holt",
            at=(2, "21:00"),
            decided_at=(3, "08:45"),
            text=(
                "How often would a hat do that by itself? I turned your six pairs round in every possible way. There "
                "are 64 ways, and in six of them the closed Saturdays come out as far ahead as they did, or further. "
                "So it is one chance in eleven that this is nothing but luck. That is not a scandal, but it ought to "
                "stand beside the 17."
            ),
        ),
        Said(
            name="Ines Calder",
            at=(3, "11:20"),
            answers=3,
            text=(
                "It ought to, and now it does, here. One in eleven is why we ask for a year of first Saturdays and "
                "not for bollards. Should you ever look for a job, we have one chair left."
            ),
        ),
    ],
    "empty-shops": [
        Said(
            name="Farida Noor",
            at=(2, "12:08"),
            by="Ines Calder",
            text=(
                "Seven out of ten sounds well. But what did the seven take from shops that were there before and do "
                "pay rent? The bakery at the station closed in the same year."
            ),
        ),
        Said(
            name="Ines Calder",
            at=(3, "10:15"),
            answers=1,
            text=(
                "A fair question, and we cannot rule it out. The bakery had given notice before No. 9 sold its first "
                "loaf, but two cafés tell us that their Saturdays are thinner. We looked at our ten and should have "
                "looked at the whole street. If there is another ten, we will."
            ),
        ),
        Said(
            name="Graham Stell",
            at=(5, "20:47"),
            decided_at=(6, "09:30"),
            act=Act.REJECT,
            rule=3,
            note=(
                "You ask how the panel chose, and that deserves an answer. If you send the question again without "
                "what you say about one of its members, we will gladly publish it, and reply."
            ),
            text=(
                "Postcards! Anyone could have told them that. The student on that panel cannot add up and only sat "
                "there because of her uncle. How were the ten picked, really?"
            ),
        ),
        Said(
            name="QuickShopFunds",
            at=(9, "03:12"),
            decided_at=(9, "08:55"),
            by="Ines Calder",
            act=Act.SPAM,
            text=(
                "Empty shop?? Cash for YOUR business in 24 hours, no questions asked https://quickfunds.example/now "
                "trusted by thousands"
            ),
        ),
    ],
}

WAITING = {}
