"""The published structure of QTI Results Reporting, stated as an XML Schema of our own.

Elements and their order, attributes, enumerations and types, as in 1EdTech's
`imsqti_result_v2p2.xsd` (version 2.2, 1 September 2015) and `imsqti_resultv3p0_v1p0.xsd` (version
3.0, 1 November 2022), both to be had at the addresses in `documents.SCHEMAS`. Their licence speaks
of using the specification, not of handing the files on, so they are not in this repository.
"""

from functools import cache
from string import Template
from typing import Final

from lxml import etree

from assessment_pipeline.core.qti_results.documents import NAMESPACES, QtiVersion

_SESSION_STATUSES: Final = ("initial", "pendingSubmission", "pendingResponseProcessing", "final")
_BASE_TYPES: Final = (
    "boolean",
    "directedPair",
    "duration",
    "file",
    "float",
    "identifier",
    "integer",
    "pair",
    "point",
    "string",
    "uri",
)

_SCHEMA: Final = Template("""\
<xs:schema xmlns="$namespace" targetNamespace="$namespace"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:simpleType name="Stamp">
    <xs:restriction base="xs:dateTime"><xs:pattern value="[0-9]{4}.*"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="SessionStatus">
    <xs:restriction base="xs:string">$session_statuses</xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Cardinality">
    <xs:restriction base="xs:string">$cardinalities</xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="BaseType">
    <xs:restriction base="xs:string">$base_types</xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Views">
    <xs:list>
      <xs:simpleType><xs:restriction base="xs:string">$views</xs:restriction></xs:simpleType>
    </xs:list>
  </xs:simpleType>
  <xs:simpleType name="Names"><xs:list itemType="xs:NCName"/></xs:simpleType>
  <xs:complexType name="Value">
    <xs:simpleContent>
      <xs:extension base="xs:normalizedString">
        <xs:attribute name="fieldIdentifier" type="xs:NCName"/>
        <xs:attribute name="baseType" type="BaseType"/>
      </xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:attributeGroup name="variable">
    <xs:attribute name="identifier" type="xs:NCName" use="required"/>
    <xs:attribute name="cardinality" type="Cardinality" use="required"/>
    <xs:attribute name="baseType" type="BaseType"/>
  </xs:attributeGroup>
  <xs:complexType name="ResponseVariable">
    <xs:sequence>
      <xs:element name="correctResponse" minOccurs="0">
        <xs:complexType>
          <xs:sequence><xs:element name="value" type="Value" maxOccurs="unbounded"/></xs:sequence>
          <xs:attribute name="interpretation" type="xs:string"/>
        </xs:complexType>
      </xs:element>
      <xs:element name="candidateResponse">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="value" type="Value" minOccurs="0" maxOccurs="unbounded"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
    </xs:sequence>
    <xs:attributeGroup ref="variable"/>
    <xs:attribute name="choiceSequence" type="Names"/>
    $response_attributes
  </xs:complexType>
  <xs:complexType name="OutcomeVariable">
    <xs:sequence>
      <xs:element name="value" type="Value" minOccurs="0" maxOccurs="unbounded"/>
      $outcome_elements
    </xs:sequence>
    <xs:attributeGroup ref="variable"/>
    <xs:attribute name="view" type="Views"/>
    <xs:attribute name="interpretation" type="xs:string"/>
    <xs:attribute name="longInterpretation" type="xs:anyURI"/>
    <xs:attribute name="normalMaximum" type="xs:double"/>
    <xs:attribute name="normalMinimum" type="xs:double"/>
    <xs:attribute name="masteryValue" type="xs:double"/>
    $outcome_attributes
  </xs:complexType>
  <xs:complexType name="OtherVariable">
    <xs:sequence>
      <xs:element name="value" type="Value" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
    <xs:attributeGroup ref="variable"/>
  </xs:complexType>
  $support_type
  <xs:group name="variables">
    <xs:choice>
      <xs:element name="responseVariable" type="ResponseVariable"/>
      <xs:element name="templateVariable" type="OtherVariable"/>
      <xs:element name="outcomeVariable" type="OutcomeVariable"/>
      $context_variable
    </xs:choice>
  </xs:group>
  <xs:element name="assessmentResult">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="context">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="sessionIdentifier" minOccurs="0" maxOccurs="unbounded">
                <xs:complexType>
                  <xs:attribute name="sourceID" type="xs:anyURI" use="required"/>
                  <xs:attribute name="identifier" type="$name_type" use="required"/>
                </xs:complexType>
              </xs:element>
            </xs:sequence>
            <xs:attribute name="sourcedId" type="xs:NCName"/>
          </xs:complexType>
        </xs:element>
        <xs:element name="testResult" minOccurs="0">
          <xs:complexType>
            <xs:sequence>
              <xs:group ref="variables" minOccurs="0" maxOccurs="unbounded"/>
              $support_element
            </xs:sequence>
            <xs:attribute name="identifier" type="$name_type" use="required"/>
            <xs:attribute name="datestamp" type="Stamp" use="required"/>
          </xs:complexType>
        </xs:element>
        <xs:element name="itemResult" minOccurs="0" maxOccurs="unbounded">
          <xs:complexType>
            <xs:sequence>
              <xs:group ref="variables" minOccurs="0" maxOccurs="unbounded"/>
              <xs:element name="candidateComment" type="xs:string" minOccurs="0"/>
              $support_element
            </xs:sequence>
            <xs:attribute name="identifier" type="$name_type" use="required"/>
            <xs:attribute name="sequenceIndex" type="xs:integer"/>
            <xs:attribute name="datestamp" type="Stamp" use="required"/>
            <xs:attribute name="sessionStatus" type="SessionStatus" use="required"/>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
""")


@cache
def published_structure(version: QtiVersion) -> etree.XMLSchema:
    """Return the schema that states the structure of a version."""
    is_newer = version == "3.0"
    statuses = (*_SESSION_STATUSES, *(("pendingExternalScoring",) if is_newer else ()))
    views = ("author", "candidate", "proctor", "scorer", "testConstructor", "tutor")
    text = _SCHEMA.substitute(
        _NEWER if is_newer else dict.fromkeys(_NEWER, ""),
        namespace=NAMESPACES[version],
        name_type="xs:NCName" if is_newer else "xs:normalizedString",
        session_statuses=_enumeration(*statuses),
        cardinalities=_enumeration("single", "multiple", "ordered", "record"),
        base_types=_enumeration(*_BASE_TYPES),
        views=_enumeration(*views),
    )
    return etree.XMLSchema(etree.fromstring(text))


def _enumeration(*values: str) -> str:
    return "".join(f'<xs:enumeration value="{value}"/>' for value in values)


def _attribute(name: str, *values: str) -> str:
    return (
        f'<xs:attribute name="{name}"><xs:simpleType><xs:restriction base="xs:string">'
        f"{_enumeration(*values)}</xs:restriction></xs:simpleType></xs:attribute>"
    )


# What version 3.0 has and 2.2 has not.
_NEWER: Final = {
    "response_attributes": _attribute("scoreStatus", "notscored", "scored")
    + _attribute("answeredStatus", "notpresented", "presented", "attempted", "answered"),
    "outcome_elements": """<xs:element name="outcomeInformation" minOccurs="0"><xs:complexType>
        <xs:sequence>
          <xs:any namespace="##other" processContents="strict" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence>
      </xs:complexType></xs:element>""",
    "outcome_attributes": _attribute("external-scored", "externalMachine", "human")
    + '<xs:attribute name="variable-identifier-ref" type="xs:NCName"/>',
    "context_variable": '<xs:element name="contextVariable" type="OtherVariable"/>',
    "support_element": (
        '<xs:element name="support" type="Support" minOccurs="0" maxOccurs="unbounded"/>'
    ),
    "support_type": """<xs:complexType name="Support">
    <xs:attribute name="name" type="xs:NCName" use="required"/>
    <xs:attribute name="assignment" use="required">
      <xs:simpleType>
        <xs:restriction base="xs:string">"""
    + _enumeration("assigned", "universal", "prohibited", "inherit")
    + """</xs:restriction>
      </xs:simpleType>
    </xs:attribute>
    <xs:attribute name="value" type="xs:normalizedString"/>
    <xs:anyAttribute namespace="http://www.w3.org/XML/1998/namespace" processContents="lax"/>
  </xs:complexType>""",
}
