//! A key part has no radio: a configuration that names one is refused, before and at the start.

use crate::process::program;
use crate::room::{Room, Says};

#[tokio::test]
async fn a_radio_interface_is_refused_with_its_line() {
    let room = Room::new().await;
    let sound = room.says(&Says::default());
    let run = |command: &str, interface: &str| {
        let text = sound.replace("[uplink]\n", &format!("[uplink]\ninterface = \"{interface}\"\n"));
        std::fs::write(room.config(), text).unwrap();
        let output = program().args([command, "--config"]).arg(room.config()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for command in ["check", "run"] {
        for radio in ["wlan0", "wwan0", "ppp0"] {
            let (code, said) = run(command, radio);
            assert_eq!(code, Some(2), "{said}");
            assert!(
                said.contains(":4:") && said.contains("uplink.interface") && said.contains(radio),
                "{said}"
            );
        }
    }
    let (code, said) = run("check", "nosuchif0");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no network interface `nosuchif0`"), "{said}");
    let (code, said) = run("check", "lo");
    assert_eq!(code, Some(0), "{said}");
}
