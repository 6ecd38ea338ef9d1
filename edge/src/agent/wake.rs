//! The kernel's word that a device came or went. Only a reason to look at once: what is there is read from sysfs, so nobody
//! can tell the agent anything by this way, and without it the agent looks a little later.

use std::io;
use std::os::fd::OwnedFd;
use std::thread;

use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use tokio::sync::mpsc;
use tracing::warn;

/// The kernel's own messages, and not those of udev behind it.
const KERNEL_GROUP: u32 = 1;
/// A message is read only to be gone.
const MESSAGE_BYTES: usize = 8 << 10;

/// Says that something happened. A thread waits for the kernel, and dies with the process: it owns nothing.
pub(super) fn listen() -> io::Result<mpsc::Receiver<()>> {
    let socket =
        socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(KOBJECT_UEVENT))?;
    bind(&socket, &SocketAddrNetlink::new(0, KERNEL_GROUP))?;
    // Words that nobody has heard yet are one.
    let (heard, words) = mpsc::channel(1);
    thread::Builder::new().name("wake".to_owned()).spawn(move || wait(&socket, &heard))?;
    Ok(words)
}

fn wait(socket: &OwnedFd, heard: &mpsc::Sender<()>) {
    let mut message = vec![0; MESSAGE_BYTES];
    loop {
        match recv(socket, message.as_mut_slice(), RecvFlags::empty()) {
            // If more was said than the socket holds, there is all the more reason to look.
            Ok(_) | Err(rustix::io::Errno::NOBUFS) => {
                if let Err(mpsc::error::TrySendError::Closed(())) = heard.try_send(()) {
                    return;
                }
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => {
                warn!(%error, "the kernel does not tell of new devices any more");
                return;
            }
        }
    }
}
