"""Cases: what a person must look at. Other rooms see them and explain them, people resolve them.

Never an SQL of another room, never a rule of what is suspicious: that is known where the facts are folded.
"""
