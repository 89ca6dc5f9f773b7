"""Mutation testing: breaks a random sample of places in the rooms where a bug loses data, one at a time.

A mutant that no test notices is a hole in the suite, or code that does nothing. Operators are those of
cosmic-ray, one replacement for each operator of Python (``mutations``), less what no test could see
(``rules``); which tests have to notice is in ``rooms``. Everything runs on copies of the tree (``trials``).
"""
