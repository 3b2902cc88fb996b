"""`rubric schema`: the JSON Schema of rubric files, for editors."""

import click

from assessment_pipeline.cli.options import common_options


@click.command("schema", short_help="Print the JSON Schema of rubric files, for editors.")
@common_options
def schema() -> None:
    """Print the JSON Schema of rubric files.

    With it an editor completes and checks a rubric as it is written: save it beside the rubrics
    as rubric.schema.json, and begin each rubric with

        # yaml-language-server: $schema=rubric.schema.json
    """
    from assessment_pipeline.core.rubrics.schema import schema_text

    # As it is, signs of every language included: the file is UTF-8 whatever the terminal is.
    click.echo(schema_text().encode(), nl=False)
