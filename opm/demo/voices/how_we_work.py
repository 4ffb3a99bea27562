"""What people said about how the team works."""

from datetime import timedelta

from opm.comments.models import Act
from opm.demo.voices.shapes import Said, Waiting

SAID = {
    "half-finished": [
        Said(
            name="Albert Dunmore",
            at=(0, "14:05"),
            text=(
                "The bench outside No. 12. One morning it was gone, because of a single complaint, I am told, about "
                "laughter. My wife has to sit down between the bus and the doctor’s. Now she sits on the step of the "
                "bank, and they are kind about it, but it is a step."
            ),
        ),
        Said(
            name="Kit Halloran",
            at=(0, "18:40"),
            text="I give this three months. Then it will be photographs of people with ribbons and scissors.",
        ),
        Said(
            name="Ines Calder",
            at=(1, "09:12"),
            answers=1,
            text="I am sorry about the step. We will find out who decides about benches. It cannot take long.",
        ),
        Said(
            name="Kit Halloran",
            at=(229, "17:30"),
            answers=2,
            text="It is seven months, and no ribbon. There is a bench, though. I withdraw the scissors.",
        ),
    ],
    "borrowed-form": [
        Said(
            name="Anneke Soames",
            at=(1, "20:10"),
            decided_at=(2, "08:35"),
            text=(
                "We are one of those families, Wednesdays to Saturdays. I filled in your new question, and then gave "
                "it to my former husband without telling him what I had put. We wrote the same. It is the first thing "
                "on paper that we have agreed about in four years."
            ),
        ),
        Said(
            name="Lotte Akande",
            at=(2, "09:15"),
            answers=1,
            text="Nobody has tested a form so hard before. May I tell them about it in Harrowick?",
        ),
        Said(
            name="Concerned Neighbour",
            at=(4, "22:47"),
            decided_at=(5, "09:10"),
            by="Ines Calder",
            act=Act.REJECT,
            rule=4,
            note=(
                "You name a house and say who sleeps in it. Whatever the truth of it, that is for the housing office "
                "to ask, and not for a page that everybody reads."
            ),
            text=(
                "If you want to know who lives with whom, look at Chapel Row, the one with the blue door. She is down "
                "as single and he has not slept anywhere else in months."
            ),
        ),
    ],
}

WAITING = {
    "housing-form": [
        Waiting(
            name="Teo Bramley",
            ago=timedelta(hours=5),
            text=(
                "I filled in the old one for my mother, three times, and was sent away three times. The new one took "
                "us as long as the kettle. Two things: the boxes are too small for shaky hands, and is there one in "
                "large print?"
            ),
        ),
    ],
    "borrowed-form": [
        Waiting(
            name="Farah Lindley",
            ago=timedelta(hours=11),
            edited_ago=timedelta(hours=7, minutes=20),
            text=(
                "In a tied cottage here, on the estate. The form had me down as a lodger of the man whose sheep I look "
                "after. Draft 10 asks about the child at weekends now, but not yet about us: there may be only a dozen "
                "in Northmere, and every one of us is on the wrong list."
            ),
        ),
    ],
}
