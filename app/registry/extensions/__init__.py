"""Extensions of IDEs: what their packages say, what the checks of them find, and how they are published."""
