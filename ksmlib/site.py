"""Where the book is published, and which edition of it this is.

The one place for both: the commands, the pages, the claims and `make publish`
take them from here. An edition, once published, lies at ``/v1/``, ``/v2/`` and
so on for good, while ``/latest/`` moves on. A claim lies at ``{HOME}{id}/``, a
history at ``{HOME}#h=...``.
"""

import os

#: The host and the path that all editions lie under, with a slash at its end.
#: For a build that goes elsewhere the environment variable KSM_SITE replaces it.
#: `make book` serves it here.
SITE = os.environ.get("KSM_SITE", "http://localhost:8000").rstrip("/") + "/"
#: To be raised with the first change after an edition was published.
EDITION = 1
#: This edition: where links that have to last lead.
HOME = f"{SITE}v{EDITION}/"
#: Where the whole book lies as one file, but for its `.pdf` or `.zip`.
ARCHIVE = f"{HOME}archive/ksm-rmap-book-v{EDITION}"
