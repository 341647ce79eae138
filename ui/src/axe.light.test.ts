import { testEveryState } from "./testing/everyoneCanUse";

testEveryState("light");
