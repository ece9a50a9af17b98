import '../../renderer/src/ui/tokens.css';
import '../../renderer/src/ui/base.css';
