"""What `Call.progress` raises where nobody waits for the answer any more."""


class Dismissed(Exception):
    """The job was dismissed, or somebody else runs it. No LandmapError: a process that catches those does not go on."""
