"""Learning from answers: ranking, likeness, what to ask next, and how good the model is."""
