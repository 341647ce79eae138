package clients;

/** What a stream has told so far. */
final class Transcript {
    private final StringBuilder text = new StringBuilder();
    private String finish = "";
    private String model = "";
    private long tokens;
    private int events;
    private int eventsWithoutChoice;
    private boolean firstWithoutChoice;

    /** Counts an event; most name the model. */
    void addEvent(boolean hasChoice, String ofModel) {
        events++;
        if (!hasChoice) {
            eventsWithoutChoice++;
            firstWithoutChoice |= events == 1;
        }
        if (ofModel != null && !ofModel.isEmpty()) {
            model = ofModel;
        }
    }

    void addText(String piece) {
        text.append(piece);
    }

    void setFinish(String reason) {
        finish = reason;
    }

    void setTokens(long total) {
        tokens = total;
    }

    Chat.Answer toAnswer() {
        return new Chat.Answer(
                text.toString(),
                finish,
                model,
                tokens,
                events,
                eventsWithoutChoice,
                firstWithoutChoice);
    }
}
