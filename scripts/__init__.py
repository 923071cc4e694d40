"""What builds, checks and runs this repository; each module is a program with tests in scripts/tests/."""
