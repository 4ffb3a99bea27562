"""What people said under the posts of the demo, and what became of it. All of them are made up."""

from dataclasses import dataclass
from datetime import timedelta

from opm.comments.models import Act

Moment = tuple[int, str]  # so many days after the post, at that time


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something that was decided about, or that the team said itself."""

    name: str
    at: Moment
    text: str
    answers: int | None = None  # the number of the comment that it answers
    act: Act = Act.APPROVE
    by: str = "Piotr Lund"
    decided_at: Moment | None = None  # by default soon after it was written
    rule: int | None = None
    note: str = ""
    withdrawn_at: Moment | None = None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Something that nobody has decided about yet; `ago` is when its address was confirmed, or it was written."""

    name: str
    ago: timedelta
    text: str
    answers: int | None = None
    is_confirmed: bool = True
    flags: tuple[str, ...] = ()


# Under each post, by its slug, in order of publication: the first is comment 1.
SAID = {
    "why-change": [
        Said(
            name="Bea Thornley",
            at=(3, "17:26"),
            text=(
                "You counted the people at the stops, but not those who looked at the timetable, saw that there was "
                "an hour to wait, and went home. I watch that from my window at the quay every day. Put somebody at "
                "a stop with no bus in sight."
            ),
        ),
    ],
    "nine-proposals": [
        Said(
            name="Elm Road Residents’ Group",
            at=(8, "21:15"),
            decided_at=(9, "09:20"),
            by="Ines Calder",
            text=(
                "Three points from our meeting.\n\n"
                "First, every 30 minutes is better than every 40, but for a bus every 20 nobody needs a timetable at "
                "all: you just go. Second, the walk to the new stop is lit on one side only. Third, the table should "
                "say which of the nine cost money, because the next council will ask.\n\n"
                "Our notes, with all our figures, are at https://elmroad.example/notes/timetable-meeting"
            ),
        ),
        Said(
            name="Priya Raman",
            at=(10, "07:41"),
            decided_at=(10, "09:05"),
            answers=1,
            text="The second point matters most. I would not send my son to that stop in winter.",
        ),
    ],
    "what-changed": [
        Said(
            name="Marjorie Tansley",
            at=(0, "10:22"),
            text=(
                "The later route 3 will change my week. But did anyone ask the hospital when its shifts end, or did "
                "you settle on 22:50 because the depot shuts at 23:15?"
            ),
        ),
        Said(
            name="Colin Brook",
            at=(0, "11:03"),
            withdrawn_at=(1, "08:12"),
            text=(
                "Twelfth on a list of eleven. Whoever made that list has never waited at Thorn Hythe in the rain. I "
                "have, for nine years, and I am done being polite about it."
            ),
        ),
        Said(
            name="Piotr Lund",
            at=(0, "11:40"),
            answers=1,
            text=(
                "We asked. The depot was no part of it. We looked at 22:20 and at 22:50, and the hospital gave us its "
                "shift lists: 22:20 would have missed two wards out of five. So it is 22:50, and the depot stays "
                "open."
            ),
        ),
        Said(
            name="Marjorie Tansley",
            at=(0, "13:12"),
            answers=3,
            text=(
                "Thank you, that is a straight answer. Handover is never over on the hour, though. Could the bus wait "
                "a few minutes when a ward runs late?"
            ),
        ),
        Said(
            name="Oskar Lindqvist",
            at=(0, "14:47"),
            answers=2,
            text=(
                "I can see why that made you angry. But it came twelfth and there is money for eleven, so next year it "
                "will be first in the queue. I would rather have a list we can argue with than none."
            ),
        ),
        Said(
            name="Devan Rook",
            at=(0, "18:31"),
            answers=4,
            text=(
                "I drive that route. We hold it two minutes already when somebody waves. Ten would be better, as long "
                "as it is written down and not left to whoever is on."
            ),
        ),
        Said(
            name="Piotr Lund",
            at=(1, "09:05"),
            answers=6,
            text=(
                "Then we will write it down. The 22:50 is to wait up to ten minutes for the wards’ handover: it goes "
                "into the draft of the contract today, because of this thread."
            ),
        ),
        Said(
            name="Nadia Ferreira-Holt",
            at=(0, "22:40"),
            decided_at=(1, "09:10"),
            text=(
                "Your formula for the shelters divides by the minutes to the next stop. Does that not push lonely "
                "stops to the bottom, when they are the ones that need a shelter?"
            ),
        ),
        Said(
            name="Ines Calder",
            at=(1, "12:30"),
            answers=8,
            text=(
                "It does, and the mistake is mine: it should multiply. We ran it again this morning. Two stops change "
                "places, and the one at Thorn Hythe gets its shelter. I have corrected the post and said so at the "
                "top. Thank you for reading the small print."
            ),
        ),
    ],
    "sandbags": [
        Said(
            name="Leonie Marsh",
            at=(1, "19:34"),
            decided_at=(2, "08:50"),
            text=(
                "We are new in the lane and on the rota for the first time. One small thing: there are two rows of "
                "figures on the gauge, and one of them is in feet. We read the wrong one for two days and thought "
                "that we would all drown."
            ),
        ),
        Said(
            name="Piotr Lund",
            at=(3, "14:20"),
            answers=1,
            text=(
                "That is just what a rehearsal should have found, and it did not. The feet were painted over this "
                "morning, and each of the four levels has a white mark now. Thank you, and welcome to the lane."
            ),
        ),
        Said(
            name="Joan Petty",
            at=(3, "16:55"),
            answers=2,
            text="My grandfather painted those feet. I shall miss them. But she is right.",
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

WAITING = {
    "what-changed": [
        Waiting(
            name="Jo Marsh",
            ago=timedelta(hours=27),
            text=(
                "The new stop on Elm Road is fine in summer. In winter it is dark by half past four and there is one "
                "lamp, on the far side.\n\n"
                "Could the money for that shelter pay for a second lamp instead? I would rather stand in the rain and "
                "be seen."
            ),
        ),
        Waiting(
            name="Agnes Holm",
            ago=timedelta(hours=2, minutes=10),
            answers=6,
            text=(
                "If the last bus waits for the wards, somebody has to tell the people who stand at the quay. Ten "
                "minutes is long there when the wind is from the north. Is there room for a sign at the stop that "
                "says it is on its way?"
            ),
        ),
        Waiting(
            name="Ruth Castell",
            ago=timedelta(minutes=50),
            is_confirmed=False,
            text="Will the yellow cards come back when you count again? My father does not do websites.",
        ),
    ],
    "sandbags": [
        Waiting(
            name="Warren Pike",
            ago=timedelta(hours=9, minutes=25),
            text=(
                "The rota leaves out the bottom of the lane, where it floods first. Typical of that woman in the "
                "drains office, who could not find a river with a map."
            ),
        ),
        Waiting(
            name="Best Sandbag Deals",
            ago=timedelta(minutes=20),
            flags=("links",),
            text=(
                "Great post!! Cheapest sandbags and more at https://sandbags.example/buy and "
                "https://sandbags.example/sale and https://flood-deals.example"
            ),
        ),
    ],
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
}
