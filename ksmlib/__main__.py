"""``python -m ksmlib``."""

import sys

from ksmlib.cli import main

sys.exit(main())
