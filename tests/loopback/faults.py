"""Faults on request: answers that real servers and networks give now and then."""

from tests.loopback.wire import Answer, Problem

REFUSALS = {
    "429": Problem(429, "Too many requests"),
    "500": Problem(500, "Internal error"),
    "503": Problem(503, "Service unavailable"),
    "checksum": Problem(400, "The content that arrived is damaged: its checksum is not the one announced"),
}
SILENT = ("drop", "stall", "applied")


class Faults:
    """Which call is to be answered with which fault; each one happens once."""

    def __init__(self) -> None:
        self._planned: dict[int, str] = {}

    def plan(self, at: int, fault: str) -> None:
        """Answer the call with this number with a fault."""
        if fault not in REFUSALS and fault not in SILENT:
            raise ValueError(f"Unknown fault: {fault}; known are {', '.join((*REFUSALS, *SILENT))}")
        self._planned[at] = fault

    def take(self, number: int) -> str | None:
        """The fault planned for a call, which is used up by this."""
        return self._planned.pop(number, None)


def refusal(fault: str) -> Answer:
    """The answer to a call that is refused on request."""
    answer = REFUSALS[fault].answer()
    if fault == "429":
        answer.headers["Retry-After"] = "1"
    return answer
