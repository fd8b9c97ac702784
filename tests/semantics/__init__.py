"""Verdict tables: what the policy APIs say, one case a sentence, judged by the engine and by the slow evaluators."""
