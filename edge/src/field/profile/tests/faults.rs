//! Every fault of a profile stands at its line, with its key and what to write instead. The texts below carry the faults
//! that they must give behind `#!`, as `key: message`, several with ` & ` between them.

use super::faults;

/// Checks that a text gives the faults that it announces, and no others.
#[track_caller]
fn gives(text: &str) {
    let announced = text.lines().zip(1..).flat_map(|(line, number)| {
        let behind = line.split_once("#!").map_or("", |(_, behind)| behind);
        let faults = behind.split(" & ").map(str::trim).filter(|fault| !fault.is_empty());
        faults.map(move |fault| format!("{number} {fault}"))
    });
    let mut announced: Vec<String> = announced.collect();
    let mut found: Vec<String> =
        faults(text).into_iter().map(|(line, key, message)| format!("{line} {key}: {message}")).collect();
    announced.sort();
    found.sort();
    assert_eq!(found, announced);
}

#[test]
fn the_name_and_the_protocol_are_checked() {
    gives("name = \"\" #! name: `` has 0 bytes; write 1 to 64");
    gives(
        "name = \"m\"\nprotocol = \"mqtt\" #! protocol: `mqtt` is not known here; write `modbus`, `json`, `plain`, `sparkplug`, `report`\n[[points]]\nnobody = 1",
    );
}

#[test]
fn what_a_modbus_device_has_a_speaking_one_has_not() {
    gives(
        r#"
name = "m"
protocol = "json"
poll_interval = "1s"  #! poll_interval: a json device is not asked, it speaks; write `report_interval`
timeout = "1s"        #! timeout: a json device is not asked, it speaks; write `report_interval`
[header]              #! header: a json profile has no registers; remove it
start = 0
[[blocks]]            #! blocks: a json profile has no registers; remove it
start = 0
[[rings]]             #! rings: a json profile has no registers; remove it
name = "r"
[[points]]            #! points[0].pointer: this key is missing; write text in quotes
name = "a"
kind = "door.contact"
register = 8          #! points[0].register: a json profile has no registers; write `pointer`
type = "u16"          #! points[0].type: a json profile has no registers; write `pointer`
metric = "x"          #! points[0].metric: a json profile has no `metric`; write `pointer`
sequence = { register = 1 } #! points[0].sequence: a json profile has no registers; remove it
"#,
    );
    gives(
        r#"
name = "m"
report_interval = "60s" #! report_interval: a modbus device does not speak by itself; write `poll_interval`
[sender]                #! sender: a modbus device does not send; remove it
sequence = "/seq"
[[points]]              #! points[0].register: this key is missing; write a whole number from 0 to 65535
name = "a"
kind = "door.contact"
pointer = "/door"       #! points[0].pointer: a modbus profile has no `pointer`; write `register`
topic = "status"        #! points[0].topic: a modbus profile has no `topic`; write `register`
"#,
    );
}

#[test]
fn each_protocol_has_its_own_place() {
    gives(
        r#"
name = "m"
protocol = "plain"
report_interval = "100ms" #! report_interval: "100ms" is out of range; write a value from "1s" to "1d"
[sender]                  #! sender: a plain value has no room for a sequence; remove it
[[points]]                #! points[0].topic: this key is missing; write text in quotes
name = "a"
kind = "door.contact"
pointer = "/a"            #! points[0].pointer: a plain profile has no `pointer`; write `topic`
[[points]]
name = "b"
kind = "door.contact"
topic = "a/#"             #! points[1].topic: `#` cannot stand in the topic of a point; write each topic out
"#,
    );
    gives(
        r#"
name = "m"
protocol = "sparkplug"
[sender]              #! sender: this protocol has its own sequence; remove it
[[points]]
name = "a"
kind = "door.contact"
metric = ""           #! points[0].metric: a metric's name has 1 to 256 bytes and no control characters, such as "Inputs/Door"
[[points]]
name = "b"
kind = "door.contact"
metric = "Inputs/B"
topic = "b"           #! points[1].topic: a sparkplug profile has no `topic`; write `metric`
"#,
    );
    gives(
        r#"
name = "m"
protocol = "report"
[[points]]
name = "a"
kind = "host.media"
pointer = "/media"    #! points[0].pointer: a report profile has no `pointer`; remove it: the kind says enough
"#,
    );
}

#[test]
fn pointers_and_senders_are_checked() {
    gives(
        r#"
name = "m"
protocol = "json"
[sender]
boot = "/boot"        #! sender.boot: a boot without a sequence orders nothing; add `sequence` or remove it
time = "ts"           #! sender.time: `ts` does not begin with `/`; write the keys from the outermost on, such as "/state/door"
[[points]]
name = "a"
kind = "door.contact"
pointer = "/a~2"      #! points[0].pointer: `~` in `/a~2` stands for itself only as `~0`; write `~0` for `~` and `~1` for `/` inside a key
"#,
    );
}

#[test]
fn encodings_are_checked() {
    gives(
        r#"
name = "m"
[[points]]
name = "a"
kind = "door.contact"
register = 1
bit = 10
bits = 8              #! points[0].bits: 8 bits from bit 10 on are more than a register has; write up to 6
[[points]]
name = "b"
kind = "door.contact"
register = 1
bits = 3              #! points[1].bits: add `bit`, the lowest of them
[[points]]
name = "c"
kind = "door.supply"
register = 1
type = "u24"          #! points[2].type: `u24` is not known here; write `u16`, `i16`, `u32`, `i32`, `f32`, `u64`, `i64`, `f64`, `bcd16`, `bcd32`, `bit`
word_order = "big"    #! points[2].word_order: `big` is not known here; write `high_first`, `low_first`
byte_order = "little" #! points[2].byte_order: `little` is not known here; write `normal`, `swapped`
[[points]]
name = "d"
kind = "door.supply"
register = 65533
type = "f64"          #! 
[[points]]
name = "e"
kind = "door.rex"
table = "coil"
register = 1
byte_order = "swapped" #! points[4].byte_order: an address of `coil` is one bit; remove it
[[points]]
name = "f"
kind = "door.contact"
register = 1
type = "bcd16"
word_order = "low_first" #! points[5].word_order: only a type of several registers has an order of words; remove it
"#
        .replace("register = 65533", "register = 65533 #! points[3].register: `d` lies past the last address, 65535")
        .as_str(),
    );
}

#[test]
fn meanings_are_checked() {
    gives(
        r#"
name = "m"
[[points]]
name = "a"
kind = "door.rex"     #! points[0].kind: door.rex is yes or no; add `bit`, use a table of bits, or write `states` with `yes` and `no`
register = 1
[[points]]
name = "b"
kind = "door.rex"
register = 1
states = { 255 = "on", x = "no" } #! points[1].states.255: `on` is not a state of door.rex; write one of: no, yes & points[1].states.x: `x` is not a whole number; write the number that the device shows
inverted = true       #! points[1].inverted: write the states the other way round, or remove them
[[points]]
name = "c"
kind = "door.contact"
register = 1
offset = 3            #! points[2].offset: door.contact has no use for `offset`; remove it
[[points]]
name = "d"
kind = "door.contact"
register = 1
type = "f32"          #! points[3].type: door.contact is a state; write a type of whole numbers
[[points]]
name = "e"
kind = "door.supply"
register = 1
invalid = [1, "9..1", "none"] #! points[4].invalid[1]: 9 lies above 1; write the smaller number first & points[4].invalid[2]: registers hold no words such as `none`; write numbers, or a range in quotes such as "65500..65535"
[[points]]
name = "f"
kind = "door.rex"
register = 1
bit = 1
invalid = [1]         #! points[5].invalid[0]: one bit has no number to spare; remove it
[[points]]
name = "g"
kind = "panel.event"  #! points[6].kind: panel.event is text, which registers do not hold
register = 1
[[points]]
name = "h"
kind = "door.supply"
register = 1
range = { min = 5, max = 5 } #! points[7].range.max: 5 does not lie above min, which is 5
"#,
    );
}

#[test]
fn repetitions_are_told_apart() {
    gives(
        r#"
name = "m"
[[points]]
name = "a-{n}"
kind = "door.contact"
register = 1
repeat = { count = 3 } #! points[0].repeat.step: this key is missing; write how many addresses lie between two points
"#,
    );
    gives(
        r#"
name = "m"
protocol = "json"
[[points]]
name = "a-{n}"
kind = "door.contact"
pointer = "/doors/{n}"
repeat = { count = 3, step = 1 } #! points[0].repeat.step: only registers have a step; remove it
[[points]]
name = "b-{n}"
kind = "door.contact"
pointer = "/doors"
repeat = { count = 3 } #! points[1].repeat: every point would read the same value; write `{n}` where their places differ
"#,
    );
}

#[test]
fn rings_are_checked() {
    let ring = "name = \"m\"\n[[blocks]]\nstart = 0\ncount = 100\n[[points]]\nname = \"event\"\nkind = \"door.contact\"\nregister = 9\n";
    let gives_ring = |text: &str| gives(&format!("{ring}{text}"));
    gives_ring(
        r#"[[rings]]
name = "event"        #! rings[0].name: there is already a point `event`; names are unique
kind = "panel.event"
newest = { register = 150, type = "u32" } #! rings[0].newest: input 150 to 151 is not inside one block
start = 90            #! rings[0].start: input 90 to 121 is not inside one block
count = 4
slot_words = 8
fields = { sequence = { word = 0, type = "u32" }, code = { word = 2 } }
[[rings]]             #! rings[1]: one ring is read of each device; remove this one
name = "other"
kind = "panel.event"
newest = { register = 10 }
start = 20
count = 4
slot_words = 8
fields = { sequence = { word = 0 }, code = { word = 2 } }
"#,
    );
    gives_ring(
        r#"[[rings]]             #! rings[0].newest: this key is missing; write a section [rings[0].newest]
name = "log"
kind = "door.supply"  #! rings[0].kind: a ring holds events in words; write a kind of text, such as panel.event
table = "coil"        #! rings[0].table: events need registers; write `input` or `holding`
start = 0
count = 1             #! rings[0].count: 1 is out of range; write a value from 2 to 1024
slot_words = 8
fields = { sequence = { word = 0, type = "f32" }, code = { word = 2 } } #! rings[0].fields.sequence.type: write `u16`, `u32`, `bcd16` or `bcd32`
"#,
    );
    gives_ring(
        r#"[[rings]]
name = "log"
kind = "panel.event"
newest = { register = 10, type = "bcd16" } #! rings[0].newest.type: a sequence only rises; write `u16` or `u32`
start = 20
count = 4
slot_words = 3
fields = { sequence = { word = 0 }, code = { word = 2 } }
"#,
    );
    gives_ring(
        r#"[[rings]]
name = "log"
kind = "panel.event"
newest = { register = 10 }
start = 20
count = 4
slot_words = 3
fields = { sequence = { word = 0 }, code = { word = 2, type = "u32" } } #! rings[0].fields.code.word: a slot has 3 words, numbered from 0; this one lies behind them
"#,
    );
}

#[test]
fn what_cannot_be_read_is_one_fault_and_no_second_one_follows_from_it() {
    gives(
        r#"
name = "m"
[[blocks]]
table = "holding"
start = 0
count = 9
[[points]]
name = "a"
kind = "power.tamper"
table = "holding"
register = 8
bit = 16              #! points[0].bit: 16 is out of range; write a value from 0 to 15
[[points]]
name = "b"
kind = "power.input"
table = "holdings"    #! points[1].table: `holdings` is not known here; write `input`, `holding`, `discrete`, `coil`
register = 8
"#,
    );
}

#[test]
fn what_keeps_a_value_fresh_is_checked() {
    gives(
        r#"
name = "m"
protocol = "json"
[[points]]
name = "a"
kind = "door.contact"
topic = "status"
pointer = "/a"
kept_by = "topic"
report_interval = "1h"
[[points]]
name = "b"
kind = "door.tamper"
pointer = "/b"
kept_by = "topic"        #! points[1].kept_by: the point has no topic of its own; add `topic`, or write `device`
report_interval = "10ms" #! points[1].report_interval: "10ms" is out of range; write a value from "1s" to "1d"
[[points]]
name = "c"
kind = "door.tamper"
pointer = "/c"
kept_by = "node"         #! points[2].kept_by: `node` is not known here; write `value`, `topic`, `device`
"#,
    );
    gives(
        r#"
name = "m"
[[points]]
name = "a"
kind = "door.contact"
register = 1
kept_by = "device"       #! points[0].kept_by: a modbus device tells all its values anew; remove it
report_interval = "5s"   #! points[0].report_interval: every poll reads all points; write `poll_interval` for the whole profile
"#,
    );
    gives(
        "name = \"m\"\nprotocol = \"plain\"\n[[points]]\nname = \"a\"\nkind = \"door.contact\"\ntopic = \"a\"\n\
         kept_by = \"topic\" #! points[0].kept_by: a message on the topic of a plain point is its value; write `device`, or remove it",
    );
}

#[test]
fn a_limit_lies_in_the_range() {
    gives(
        r#"
name = "m"
[[points]]
name = "t"
kind = "environment.temperature"
register = 8
type = "i16"
range = { min = -30, max = 70 }
[points.limits]
low = -50 #! points[0].limits.low: -50 is outside the point's range, which is -30 to 70: no value there is believed
high = 70
"#,
    );
}
