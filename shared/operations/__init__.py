"""Running a deployment: taking its data out and in, and what is measured."""
