//! The log of a device is read by its numbers: what is new comes once, and a restart goes on where the last run stopped.

use std::sync::{Arc, Mutex};

use strongroom_edge::bookmark::Bookmark;
use strongroom_edge::field::{Novelty, Scan};

use crate::device::{Asked, Device, Does};
use crate::rig::Rig;

const PROFILE: &str = r#"
name = "test"
[[points]]
name = "contact"
kind = "door.contact"
register = 8
[[rings]]
name = "log"
kind = "panel.event"
newest = { register = 9 }
start = 100
count = 4
slot_words = 2
fields = { sequence = { word = 0 }, code = { word = 1 } }
"#;

/// A panel of four slots: register 9 is the newest number, an event's code is 100 more than its number.
#[derive(Clone, Default)]
struct Panel(Arc<Mutex<u16>>);

impl Panel {
    fn happens(&self, times: u16) {
        *self.0.lock().unwrap() += times;
    }

    fn answers(&self, asked: Asked) -> Does {
        let newest = *self.0.lock().unwrap();
        let word = |address: u16| match address {
            8 => 0,
            9 => newest,
            _ => {
                let slot = (address - 100) / 2;
                let number = (0..4).map(|back| newest.saturating_sub(back)).find(|number| number % 4 == slot);
                let number = number.unwrap_or(0);
                if address.is_multiple_of(2) { number } else { number + 100 }
            }
        };
        Does::Answer((asked.start..asked.start + asked.count).map(word).collect())
    }
}

fn sections(device: &Device) -> String {
    format!(
        "[[devices]]\nid = \"panel-1\"\nprofile = \"test.toml\"\naddress = \"{}\"\nunit = 7\n\
         poll_interval = \"20ms\"\ntimeout = \"20s\"\n",
        device.address
    )
}

/// The events of the next scan that has any news of the log, and its bookmark.
async fn news(rig: &mut Rig) -> (Vec<String>, Bookmark) {
    loop {
        let Scan { outcome, receipt, .. } = rig.scan().await;
        let samples = outcome.unwrap();
        let events = samples.iter().filter(|sample| sample.novelty == Novelty::Happened);
        let events = events.map(|sample| format!("{} [{}]", sample.value.as_ref().unwrap(), sample.marks));
        let events: Vec<String> = events.collect();
        match receipt {
            Some(receipt) => return (events, receipt.bookmark.unwrap()),
            None => assert!(events.is_empty(), "no event without its bookmark: {events:?}"),
        }
    }
}

#[tokio::test]
async fn events_come_once_and_a_restart_goes_on_behind_the_last() {
    let panel = Panel::default();
    panel.happens(7);
    let shown = panel.clone();
    let device = Device::start(move |asked| shown.answers(asked)).await;
    let mut rig = Rig::with(&sections(&device), PROFILE);
    let (events, begun) = news(&mut rig).await;
    assert!(events.is_empty(), "what was there before the first look is history: {events:?}");
    assert_eq!((&*begun.name, &*begun.bytes), ("panel-1/log", &7_u64.to_be_bytes()[..]));
    panel.happens(2);
    let (events, mark) = news(&mut rig).await;
    assert_eq!(events, ["E108 []", "E109 []"]);
    rig.stop().await;

    panel.happens(6);
    let mut rig = Rig::after(&sections(&device), PROFILE, vec![mark]);
    let (events, mark) = news(&mut rig).await;
    let late = ["E112 [missed, late]", "E113 [late]", "E114 [late]", "E115 [late]"];
    assert_eq!(events, late, "two of six were overwritten in the four slots");
    assert_eq!(&*mark.bytes, &15_u64.to_be_bytes()[..]);
    rig.stop().await;
    let quiet = device.asked().iter().filter(|asked| asked.start < 100).count();
    let read = device.asked().iter().filter(|asked| asked.start >= 100).count();
    assert!(read <= 4 && quiet > read, "slots are read only when something is new: {read} of {quiet}");
}
