"""How fast HueDot is, and how near to edges its color sits, each measured beside its rival in the same run."""
