"""Operations for running a deployment: export and import of its data, erasure, and the doctor."""
