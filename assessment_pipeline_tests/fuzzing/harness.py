"""The fuzzer: atheris drives a target, with the coverage of our code as its guide.

`python -m assessment_pipeline_tests.fuzzing.harness TARGET [CORPUS...] [-runs=N] [-seed=N]`: what
follows the target goes to libFuzzer. Atheris sees only what is imported under its eyes, so this
is a process of its own. What breaks a promise is written to the working folder as `crash-...`;
put it into `corpus/TARGET/`, where the tests replay it for ever.
"""

import sys

import atheris

with atheris.instrument_imports(include=["assessment_pipeline"]):
    from assessment_pipeline_tests.fuzzing.invariants import TARGETS


def main() -> None:
    """Fuzz the target that is named."""
    program, name, *options = sys.argv
    atheris.Setup([program, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
