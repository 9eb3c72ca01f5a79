"""Running a deployment: export and import of its data, erasure, the doctor."""
