"""Mutation testing of the decisions: the core, and what an exchange's answer is taken for."""
