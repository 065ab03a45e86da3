"""Worlds in which LLM agents are trained and measured."""
