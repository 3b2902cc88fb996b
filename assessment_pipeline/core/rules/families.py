"""The rules that judge a response by themselves, each a family of its own.

Apart from the package's own module so that `composite` can take them as its parts.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from assessment_pipeline.core.rules.awards import Constant
from assessment_pipeline.core.rules.base import ItemRule
from assessment_pipeline.core.rules.feature_bands import FeatureBands
from assessment_pipeline.core.rules.feature_linear import FeatureLinear
from assessment_pipeline.core.rules.keywords import Keywords
from assessment_pipeline.core.rules.map_response import MapResponse
from assessment_pipeline.core.rules.map_response_point import MapResponsePoint
from assessment_pipeline.core.rules.match_correct import MatchCorrect
from assessment_pipeline.core.rules.multi_select import MultiSelect
from assessment_pipeline.core.rules.numeric import Numeric
from assessment_pipeline.core.rules.ordering import Ordering
from assessment_pipeline.core.rules.ratings import Ratings
from assessment_pipeline.core.rules.text import TextRule

FAMILIES: tuple[type[ItemRule], ...] = (
    MatchCorrect,
    MapResponse,
    MapResponsePoint,
    Numeric,
    MultiSelect,
    Ordering,
    TextRule,
    Keywords,
    FeatureBands,
    FeatureLinear,
    Ratings,
    Constant,
)

if TYPE_CHECKING:
    FamilyRule: TypeAlias = ItemRule
else:
    FamilyRule = Annotated[reduce(or_, FAMILIES), Field(discriminator="rule")]
