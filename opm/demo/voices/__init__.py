"""What people said under the posts of the demo, and what became of it. All of them are made up.

Each part has `SAID` and `WAITING`: what stands under each post, by its slug. What was decided about comes in order of
publication: the first that was published is comment 1.
"""

from opm.demo.voices import buses, high_street, how_we_work, rivers

PARTS = (buses, high_street, how_we_work, rivers)
SAID = {slug: voices for part in PARTS for slug, voices in part.SAID.items()}
WAITING = {slug: voices for part in PARTS for slug, voices in part.WAITING.items()}
COMPLAINTS = buses.COMPLAINTS
