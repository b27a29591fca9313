// The history page: shows times in the time zone of the reader, and reloads while a drawing waits to be read.

import { reloadWhileWaiting } from "reading/waiting";
import { showLocalTimes } from "times";

showLocalTimes();
reloadWhileWaiting();
