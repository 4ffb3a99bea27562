"""Under which names people may write. The team is marked in square brackets, and no name can hold one."""

import re

from wtforms.validators import ValidationError

from opm.lib.i18n import gettext as _

# Square brackets, and what is drawn like them: "Jo [Northmere Council]" must not look like the mark of the team.
BRACKETS = re.compile("[\\[\\]［］【】〔〕〖〗〘〙〚〛⟦⟧⟬⟭⁅⁆❲❳⦋⦌⦍⦎⦏⦐⦗⦘⎡⎤⎣⎦｢｣「」『』﹝﹞〈〉⟨⟩❬❭❰❱]")


def no_mark_of_the_team(form, field):
    """Refuses a name that could look as if the team had written under it."""
    if BRACKETS.search(field.data or ""):
        raise ValidationError(_("Leave out [ and ]: they mark what the team writes"))


def unmarked(name: str) -> str:
    """A name as it is shown of somebody who is not of the team, wherever it was brought from."""
    return BRACKETS.sub("", name)
