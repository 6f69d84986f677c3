"""A site's anonymization script of 40 rules, for tests and for the benchmark.

It does what such scripts do: labels from the upload, UIDs replaced so that references between files
still hold, dates moved, names emptied at any depth, what is not needed deleted. It keeps a file
valid: what the standard wants with a value gets another value, what may be empty is emptied.
"""

#: The values that an upload supplies.
VALUES = {"subject": "S012", "session": "S012_MR_01", "project": "EXAMPLE1"}

#: The version line, and 40 rules.
PROFILE40 = r"""// Example Hospital, uploads for research. Version 12.
// Labels come from the upload; dates move by a fixed number of days.
version "6.6"

// Who: the labels of the upload take the place of the patient.
(0010,0010) := subject
(0010,0020) := session
(0008,1030) := project
label := format["Project: {0} Subject: {1} Session: {2}", project, subject, session]
(0010,4000) := label
(0012,0062) := "YES"
(0012,0063) := concatenate["Example Hospital, ", "profile 12"]
(0020,0010) ?= replace[session, "_", "-"]
+/(0010,0010) ?= subject
+/(0010,0020) ?= session
*/(0010,0030) ?= ""
(0010,1010) ~ "(09|1[0-9])[0-9]Y" ? (0010,1010) := "089Y"
removeTags[{*/(0010,100X), */(0010,1040), */(0010,1060), */(0010,2154), */(0010,21B0)}]

// When: every date of the examination by the same number of days. Some archives send dates as
// UN; valueAt takes them as a text.
days := "-37"
(0008,0020) ~ "(19|20)[0-9]{6}" ? (0008,0020) := shiftDateByIncrement[valueAt[(0008,0020)], days]
(0008,0021) ~ "(19|20)[0-9]{6}" ? (0008,0021) := shiftDateByIncrement[valueAt[(0008,0021)], days]
(0008,0022) ~ "(19|20)[0-9]{6}" ? (0008,0022) := shiftDateByIncrement[valueAt[(0008,0022)], days]
(0008,0023) ~ "(19|20)[0-9]{6}" ? (0008,0023) := shiftDateByIncrement[valueAt[(0008,0023)], days]
if ((0008,002A) ~ "(19|20)[0-9]{6}([0-9]{6}([.][0-9]+)?)?") {
    (0008,002A) := shiftDateTimeByIncrement[valueAt[(0008,002A)], days, "days"]
}
(0028,0303) := "MODIFIED"

// Which: the same UID becomes the same other UID, in every file of the site and at any depth.
hashUIDList[{+/(0008,0018), +/(0020,000D), +/(0020,000E), */(0008,1155), */(0008,0014), \
    */(0008,3010), */(0020,0052), */(0020,0200), */(0020,9161), */(0020,9164), */(0040,A171), \
    */(0040,A402), */(0062,0021), */(0070,1101), */(0088,0140), */(3006,0024), */(3006,00C2), \
    */(300A,0013), */(0004,1511)}]
(0020,000D) := hashUID[(0020,000D)]
(0020,000E) := hashUID[(0020,000E)]
(0008,0018) := hashUID[(0008,0018)]

// Names of other people and numbers of other systems, at any depth.
*/(0008,0050) ?= ""
*/(0008,009X) ?= ""                         // who referred
*/(0008,104X) ?= ""                         // who has the records
*/(0008,10@0) ?= ""                         // the department, who read, what was suspected
*/(0008,1050) ?= ""                         // who performed
*/(0008,1070) ?= ""                         // who operated
*/(0032,103X) ?= ""                         // who requested
*/(0040,A123) ?= "REMOVED"                  // who is spoken of in a report
*/(0040,A075) ?= "REMOVED"                  // who signed it
if (isPresent[(0040,0560)]) {
    (0040,0512) ?= session                  // the slide, and what is on it
    */(0040,0551) ?= session
    +/(0040,0612)[%]/(0040,A160) ?= "REMOVED"
}

// What was ordered, what it was called before, and signatures, which do not hold any more.
removeTags[{(0032,1060), (0040,0253), (0040,0275), (0040,1001), (0400,0561), (FFFA,FFFA)}]

// Where: the make of the device stays; whose it is and its number do not.
*/(0008,008X) ?= ""
*/(0018,1000) ?= "000000"
if ((0008,0060) ~ "US|ES|XC") {
    (0008,103E) ?= ""                       // typed by hand where the camera is held by hand
    - (0018,1030)
} elseif (isPresent[(0018,1008)]) {
    - (0018,1008)
} else {
    (0008,1010) ?= ""
}

// What the picture and its makers carry beside it.
- (60X@,XXXX)
removeAllPrivateTags
"""

#: The same, but private elements stay.
PROFILE40_PRIVATE_KEPT = PROFILE40.replace("removeAllPrivateTags\n", "")
