"""OPM: an open policy blog that a small team runs itself.

The map of the house, from the ground up. A room may import from the floors below its own, never from
above and never from a neighbour (`.importlinter` holds this).

    8  factory        puts the app together
    7  cli            commands beside the site
       serving        the site and its worker as one running thing
       keeping        how the site is, for monitors and for people; backing it up and putting it back
       worker         delivers mail and forgets, round after round
    6  desk  errors  demo
    5  wordpress  feeds  site
       holdings       what is held, and by which clocks it goes
       subscriptions  who wants to hear of what is new, and what they have been told
    4  reports        what people say is wrong or unlawful here, and what was answered
       complaints     about how personal data is handled, with a register and a clock
       (classroom)
    3  posts
    2  comments       threads under anything that has an address
    1  accounts       members and staff
       outbox         emails waiting to leave
       settings       what the desk can change: rows, with defaults
    0  lib            small tools that know nothing of this site
       extensions  config

Every feature has the same rooms: `models` (what exists and what it can do), modules named for an
activity (what happens, in order), `emails`, `forms`, `views` (what the public sees) and `desk` (what
maintainers see).
"""
