"""`python -m assessment_pipeline`: the same as the command `assessment-pipeline`."""

from assessment_pipeline.cli import main

if __name__ == "__main__":
    main()
