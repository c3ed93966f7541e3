"""What the recipe says when something outside of it is wrong."""


class RecipeError(Exception):
    """A problem in words and what to do about it. Printed without a traceback."""

    def __init__(self, problem: str, repair: str) -> None:
        super().__init__(f"{problem} {repair}")
        self.problem = problem
        self.repair = repair
