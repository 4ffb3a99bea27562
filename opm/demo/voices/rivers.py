"""What people said about the river."""

from datetime import timedelta

from opm.demo.voices.shapes import Said, Waiting

SAID = {
    "where-the-water-goes": [
        Said(
            name="Edwin Rusk",
            at=(0, "20:10"),
            decided_at=(1, "08:05"),
            text=(
                "One of the two farms is mine. You came to us before you wrote this, which was right, and brought a "
                "cake, which was clever.\n\n"
                "£14,000 between two is less than the hay. But hay is not the worst of it. Who opens the bank at two "
                "in the morning, and who rings me first, so that I can get sixty cows up the hill? You have a line in "
                "your table for the view. Put one in for being woken."
            ),
        ),
        Said(
            name="Joan Petty",
            at=(1, "08:30"),
            text=(
                "There is something the matter with your last flood. The third arch was shut. A whole willow came "
                "down and lay across it from the Sunday to the Thursday. I have a photograph, with my doorstep in it."
            ),
        ),
        Said(
            name="Piotr Lund",
            at=(2, "09:40"),
            answers=2,
            text=(
                "Mrs Petty, nobody ever told us about a willow. May I come and photograph the photograph? If the arch "
                "was shut, the model may not be wrong about the meadow at all. It never knew that the bridge was half "
                "closed."
            ),
        ),
        Said(
            name="Joan Petty",
            at=(2, "11:15"),
            answers=3,
            text="Thursday. Not before ten.",
        ),
        Said(
            name="Maddy Cole",
            at=(6, "13:00"),
            by="Ines Calder",
            text=(
                "I rent one of the two workshops at the tannery. I have read the table three times. With the wall the "
                "water “goes on to the tannery”. With the other two, what do we get? You have a column for whom it "
                "hurts, and we are half a cell in it."
            ),
        ),
        Said(
            name="Ines Calder",
            at=(7, "10:20"),
            answers=5,
            text=(
                "You are right, and half a cell is what you got because nobody had gone to ask. I have now. With the "
                "meadow you are 12 centimetres better off, with the homes no different, with the wall 20 centimetres "
                "worse. The paper for the council will have a line of its own for the tannery."
            ),
        ),
        Said(
            name="Piotr Lund",
            at=(16, "15:05"),
            answers=4,
            text=(
                "We have put the willow into the model. With one arch shut it says 2.56 metres, and the gauge said "
                "2.58. So 17 of the missing 19 centimetres were a tree.\n\n"
                "That moves our 30 centimetres from thin to fair, and gives us a fourth job that was in none of the "
                "three: keep the arches clear, £2,000 a year. It is the cheapest flood defence that we have found, "
                "and it came out of a drawer in the lane. Thank you, also for the scones."
            ),
        ),
        Said(
            name="Hal Whitcombe",
            at=(20, "19:10"),
            decided_at=(21, "08:50"),
            text=(
                "Four of those houses are mine, and I know what people say about landlords. I would pay half of the "
                "sockets and the tiles. What I cannot do is have four families out for a month, with nowhere to put "
                "them. Find me one empty house that they can take in turns, and we can begin with the lowest."
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
}

WAITING = {
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
}
