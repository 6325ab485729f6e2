"""What a container of OpenEnv runs; the variables say what is served."""

import os

from dialogym.adapters.openenv import make_app

app = make_app(
    os.environ.get("DIALOGYM_ENV", "Negotiation-v0"),
    sessions=int(os.environ.get("DIALOGYM_SESSIONS", "256")),
    token=os.environ.get("DIALOGYM_TOKEN", ""),
)
