"""What people said about the buses."""

from datetime import timedelta

from opm.demo.voices.shapes import Complaint, Said, Waiting
from opm.reports.models import Ground

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
                "says it is on its way? My neighbour drives for them, ring her on 01632 960 144 after six, she will "
                "explain how they do it on Sundays."
            ),
            flags=("private",),
        ),
        Waiting(
            name="Ruth Castell",
            ago=timedelta(minutes=50),
            is_confirmed=False,
            text="Will the yellow cards come back when you count again? My father does not do websites.",
        ),
    ],
}

COMPLAINTS = {
    "what-changed": [
        Complaint(
            name="Ruben Sayle",
            ago=timedelta(hours=3, minutes=15),
            number=6,
            text=(
                "He says that he holds the bus when somebody waves. That is kind, and it is against his orders. Has "
                "anybody asked him whether he would still like it to stand here, under his full name?"
            ),
        ),
        Complaint(
            name="A. Thorne",
            ago=timedelta(hours=20),
            ground=Ground.PRIVACY,
            quote="I have walked home along the ring road for a year.",
            text=(
                "I am answer 187. On my ward there is exactly one person who walks home along the ring road, and "
                "everybody there knows her. I agreed to be counted. I did not agree to be quoted. Please take the "
                "words out, or make them nobody’s."
            ),
        ),
    ],
}
